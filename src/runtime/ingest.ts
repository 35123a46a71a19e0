import { SteerflowError, type ErrorCode } from '../domain/errors.js'
import type { SourceBeginning } from './beginnings.js'
import { deadLetter } from './dead-letter.js'
import { type Claim, type Log, type Offset, offset, type Output, sizeOf } from './log.js'

/** An item of a source, in the source's order. */
export type SourceItem =
  | { readonly kind: 'record'; readonly position: number; readonly key: string; readonly value: Buffer }
  | {
      readonly kind: 'reject'
      readonly position: number
      readonly code: ErrorCode
      readonly reason: string
      readonly bytes: Buffer
    }

/** A file or stream of records whose positions are the same at every reading. */
export interface Source {
  /** The name in messages and dead letters. */
  readonly name: string
  /** sha256 by which its records name it, if that is not its digest. */
  readonly lineage?: string
  /** sha256 of its bytes, by which the source is recognised. */
  readonly digest: string
  items(): AsyncIterable<SourceItem>
}

/** The destinations of records, rejects and progress. */
export interface IngestTopics {
  readonly topic: string
  readonly deadLetters: string
  /** Has no records, only the offsets of sources. */
  readonly progress: string
  /** Makes the record of a source's name and of the beginnings by which it is recognised. */
  readonly named?: (source: string, name: string, now: number, taken?: readonly SourceBeginning[]) => Output
}

export interface Ingested {
  /** Records taken in by this run. */
  readonly records: number
  /** Items that became dead letters in this run. */
  readonly rejected: number
  /** Items that an earlier run had already taken in. */
  readonly skipped: number
  /** 1 if the last line was left out until the rest of it is there. */
  readonly left: number
}

const batchLimits = { items: 500, bytes: 4 << 20 }

/**
 * Publishes a source's records. Progress is committed with the records, under the digest of the source: a second ingest of
 * the same bytes, after a crash or by mistake, takes in only what is missing. Unreadable items become dead letters.
 */
export async function ingest(
  log: Log,
  source: Source,
  to: IngestTopics,
  seen: (items: number) => void = () => undefined,
): Promise<Ingested> {
  const claim = await log.claim(`ingest.${source.digest}`, to.progress, 0)
  const done = { records: 0, rejected: 0, skipped: 0, left: 0 }
  const first =
    claim.committed === 0n ? to.named?.(source.lineage ?? source.digest, source.name, Date.now()) : undefined
  const batch = new Batch(claim, first)
  try {
    for await (const item of source.items()) {
      if (BigInt(item.position) < claim.committed) {
        done.skipped++
        continue
      }
      if (item.kind === 'record') done.records++
      else done.rejected++
      batch.add(item.position, outputOf(item, source, to, log.maxValueBytes))
      if (batch.full) seen(await batch.commit())
    }
  } finally {
    // Also if the source turns out to be damaged: items before the damage are kept.
    seen(await batch.commit())
    await claim.release()
  }
  return done
}

/** Outputs gathered for one commit. */
class Batch {
  #outputs: Output[] = []
  #bytes = 0
  #from: Offset
  #to: Offset

  constructor(
    private readonly claim: Claim,
    private first: Output | undefined,
  ) {
    this.#from = claim.committed
    this.#to = claim.committed
  }

  get full(): boolean {
    return this.#outputs.length >= batchLimits.items || this.#bytes >= batchLimits.bytes
  }

  add(position: number, output: Output): void {
    this.#outputs.push(output)
    this.#bytes += output.value.byteLength
    this.#to = offset(position + 1)
  }

  /** Commits the gathered outputs and returns their number. */
  async commit(): Promise<number> {
    const items = this.#outputs.length
    if (items > 0)
      await this.claim.commit(this.#from, this.#to, [...(this.first ? [this.first] : []), ...this.#outputs])
    if (items > 0) this.first = undefined
    this.#from = this.#to
    this.#outputs = []
    this.#bytes = 0
    return items
  }
}

/** The output for an item: a record or a dead letter. */
export function outputOf(item: SourceItem, source: Source, to: IngestTopics, maxValueBytes: number): Output {
  const origin = { topic: `source:${source.digest}`, partition: 0, offset: String(item.position), timestamp: 0 }
  if (item.kind === 'record') {
    const output = { topic: to.topic, key: Buffer.from(item.key), value: item.value, headers: { node: 'ingest' } }
    if (sizeOf(output) <= maxValueBytes) return output
  }
  const [value, error] =
    item.kind === 'reject'
      ? [item.bytes, new SteerflowError(item.code, `${source.name}: ${item.reason}`)]
      : [item.value, new SteerflowError('STEERFLOW_RECORD_TOO_LARGE', `${source.name}: ${item.value.byteLength} bytes`)]
  return deadLetter(to.deadLetters, 'ingest', { key: null, value, headers: {} }, origin, error, maxValueBytes)
}
