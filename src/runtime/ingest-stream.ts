import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../domain/errors.js'
import { type SourceBeginning, isWorthKeeping, type KnownSource, Recognition, thinned } from './beginnings.js'
import { type Ingested, type IngestTopics, outputOf, type Source, type SourceItem } from './ingest.js'
import { type Claim, type Log, type Offset, offset, type Output } from './log.js'
import { race } from './concurrency.js'

/** A line of a stream. */
export interface StreamLine {
  /** Counted from 0. */
  readonly position: number
  /** The bytes that count in the digest of the stream, with the line end. */
  readonly bytes: Buffer
  /** Why the last line, if it has no end, is not a whole record: the rest may come when the stream is fed again. */
  readonly torn: string | null
  /** The line as an item of this source. */
  item(source: string): SourceItem
}

/** Lines that arrive once, as they are written, or the lines of a file. */
export interface Stream {
  readonly name: string
  /** For a file, which is there as a whole: sha256 of its bytes, by which its records name it. */
  readonly lineage?: () => Promise<string>
  /** Lines as they arrive, several at a time if several are there. */
  batches(): AsyncIterable<readonly StreamLine[]>
  /** Keeps lines for later, outside memory, until `kept` has returned them. */
  keep(lines: readonly StreamLine[]): Promise<void>
  kept(): AsyncIterable<readonly StreamLine[]>
}

export interface StreamOptions {
  /** Sources that were taken in, at least in part. */
  readonly known: readonly KnownSource[]
  /** Appended to the name of the source in the name of its progress. */
  readonly suffix?: string
  /** Ends it cleanly: lines that have arrived are published. */
  readonly signal?: AbortSignal | undefined
  /** Called with every batch that was published. */
  readonly seen?: (items: number) => void
  /** Called with messages for a person. */
  readonly tell?: (message: string) => void
}

/** The result of a stream, with the name of its progress. */
export type StreamIngested = Ingested & { readonly digest: string }

/** Approximate records and bytes of a commit, and how long the first record waits for others, in milliseconds. */
const batchLimits = { items: 500, bytes: 4 << 20, lingerMs: 500 }

/**
 * Publishes the lines of a stream as they arrive, or those of a file. Progress is committed with the records, under the
 * digest that the file or stream had at its first commit, with the digest of everything taken in. Fed again from its
 * beginning, after a crash or when it has grown, it resumes after the part that was taken in. Until it is clear whether that
 * is so, lines are kept outside memory.
 */
export async function ingestStream(
  log: Log,
  stream: Stream,
  to: IngestTopics,
  options: StreamOptions,
): Promise<StreamIngested> {
  const work = new StreamIngest(log, stream, to, options)
  const batches = stream.batches()[Symbol.asyncIterator]()
  try {
    let next = batches.next()
    for (;;) {
      const came = await work.orDue(next)
      if (came === 'stopped') return await work.breakOff()
      if (came === 'due') await work.commit()
      else if (came.done) break
      else {
        next = batches.next()
        // A rejection is handled where it is awaited.
        next.catch(() => undefined)
        await work.take(came.value)
      }
    }
    return await work.end()
  } catch (error) {
    // Lines before the damage are kept.
    await work.endAtDamage()
    throw error
  } finally {
    await work.release()
  }
}

class StreamIngest {
  readonly #recognition: Recognition
  #beginnings: SourceBeginning[] = []
  readonly #done = { records: 0, rejected: 0, skipped: 0, left: 0 }
  /** Null until the source is known. */
  #claim: Claim | null = null
  #source: Source | null = null
  /** Number of lines so far, and how many of them belong to the best known source. */
  #lines = 0
  #known = 0
  #waiting: StreamLine[] = []
  #waitingBytes = 0
  #since: number | null = null
  #from: Offset = offset(0)
  #told = false
  #announced = false

  constructor(
    private readonly log: Log,
    private readonly stream: Stream,
    private readonly to: IngestTopics,
    private readonly options: StreamOptions,
  ) {
    this.#recognition = new Recognition(options.known)
  }

  /** The next value, or that it is time to commit, or to stop. */
  async orDue<T>(next: Promise<T>): Promise<T | 'due' | 'stopped'> {
    const { signal } = this.options
    const control = new AbortController()
    const after = (ms: number | undefined) => sleep(ms, 'due' as const, { signal: control.signal })
    const timers =
      this.#since === null ? [] : [after(Math.max(0, this.#since + batchLimits.lingerMs - performance.now()))]
    const stopped = new Promise<'stopped'>(resolve => {
      if (signal?.aborted) resolve('stopped')
      else signal?.addEventListener('abort', () => resolve('stopped'), { signal: control.signal })
    })
    try {
      return await race([next, stopped, ...timers])
    } finally {
      control.abort()
      for (const timer of timers) timer.catch(() => undefined)
    }
  }

  async take(came: readonly StreamLine[]): Promise<void> {
    const lines = came.filter(line => line.torn === null)
    const torn = came.find(line => line.torn !== null)
    if (torn) this.#leave(torn)
    if (!this.#recognition.open) return this.#put(lines)
    const at = lines.findIndex(line => {
      this.#count(line)
      return !this.#recognition.open
    })
    await this.stream.keep(at < 0 ? lines : lines.slice(0, at + 1))
    if (at < 0) {
      if (!this.#told && !this.stream.lineage)
        this.options.tell?.(`${this.stream.name} begins like a source that was taken in before`)
      this.#told = true
      return
    }
    await this.#resume()
    await this.#put(lines.slice(at + 1))
  }

  /** Publishes the waiting lines. */
  async commit(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    this.#since = null
    if (waiting.length === 0) return
    const { claim, source } = await this.#begun()
    // Lines that an earlier version took in; it recorded no more of the source than its digest.
    const lines = waiting.filter(line => BigInt(line.position) >= this.#from)
    this.#done.skipped += waiting.length - lines.length
    if (lines.length === 0) return
    const outputs: Output[] = []
    for (const line of lines) {
      const item = line.item(source.lineage ?? source.digest)
      if (item.kind === 'record') this.#done.records++
      else this.#done.rejected++
      outputs.push(outputOf(item, source, this.to, this.log.maxValueBytes))
    }
    const reached = offset(lines.at(-1)!.position + 1)
    const { best, bytes, digest } = this.#recognition
    const shorter = this.#beginnings.filter(one => one.bytes < bytes)
    const taken = thinned([...shorter, { bytes, digest }])
    const called = best?.name ?? source.name
    const name = this.to.named?.(source.lineage ?? source.digest, called, Date.now(), taken)
    await claim.commit(this.#from, reached, name ? [name, ...outputs] : outputs)
    this.#from = reached
    this.options.seen?.(lines.length)
  }

  /**
   * Publishes the rest of a stream that has ended.
   * @throws STEERFLOW_INPUT_TORN when it is unclear whether it was taken in before: then nothing of it is published
   */
  async end(): Promise<StreamIngested> {
    const { alike, best, earlier, open } = this.#recognition
    if (this.#claim !== null || !open) return this.breakOff()
    if (best === null && earlier) await this.#resume(earlier)
    else if (best === null && alike && !this.stream.lineage) {
      const text = `${this.stream.name} begins like ${alike.name} and has ended within the part of it that was taken in before`
      throw new SteerflowError(
        'STEERFLOW_INPUT_TORN',
        `${text}: nothing of it was taken in; feed it whole, or name a file`,
      )
    } else await this.#resume()
    return this.breakOff()
  }

  /** Publishes the lines that arrived. Lines that may have been taken in before are left out: the stream is fed again. */
  async breakOff(): Promise<StreamIngested> {
    await this.commit()
    return { ...this.#done, digest: this.#source?.digest ?? this.#recognition.digest }
  }

  /** Publishes the lines before a damage, unless they may be the beginning of a source that was taken in before. */
  async endAtDamage(): Promise<void> {
    await (this.#recognition.alike === null ? this.end() : this.breakOff())
  }

  async release(): Promise<void> {
    await this.#claim?.release()
  }

  /** A torn line is neither taken in nor counted as progress until the rest of it is there. */
  #leave({ position, torn }: StreamLine): void {
    this.#done.left++
    const text = `line ${position + 1} of ${this.stream.name} has no end and is not a whole record (${torn})`
    this.options.tell?.(`${text}: it is left out; ingest again when the rest of it, or the end of the line, is there`)
  }

  /** Resumes with the lines that were kept until the source was known. */
  async #resume(known = this.#recognition.best): Promise<void> {
    if (known) {
      await this.#open(known.source, known === this.#recognition.best ? this.#known : undefined)
      const longest = known.taken.at(-1)!.bytes
      this.#beginnings = [...known.taken, ...this.#beginnings.filter(({ bytes }) => bytes > longest)]
    }
    // An unchanged file is not read again.
    if (this.#from >= this.#lines) this.#done.skipped += this.#lines
    else for await (const lines of this.stream.kept()) for (const some of commits(lines)) await this.#wait(some)
  }

  /** Takes lines that are not yet counted in the digest. */
  async #put(lines: readonly StreamLine[]): Promise<void> {
    for (const some of commits(lines)) {
      for (const line of some) this.#count(line)
      await this.#wait(some)
    }
  }

  async #wait(lines: readonly StreamLine[]): Promise<void> {
    for (const line of lines) {
      if (BigInt(line.position) < this.#from) this.#done.skipped++
      else {
        this.#waiting.push(line)
        this.#waitingBytes += line.bytes.byteLength
        this.#since ??= performance.now()
      }
    }
    if (this.#waiting.length >= batchLimits.items || this.#waitingBytes >= batchLimits.bytes) await this.commit()
  }

  #count({ bytes }: StreamLine): void {
    const recognition = this.#recognition
    const before = recognition.best
    recognition.add(bytes)
    this.#lines++
    if (recognition.best !== before) this.#known = this.#lines
    if (!isWorthKeeping(recognition.bytes, this.#beginnings)) return
    this.#beginnings.push({ bytes: recognition.bytes, digest: recognition.digest })
  }

  /** The claim on the progress of this source, once it has a new line; a stream is named by its digest so far. */
  async #begun(): Promise<{ readonly claim: Claim; readonly source: Source }> {
    const { name, lineage } = this.stream
    if (this.#claim === null)
      await (lineage ? this.#open(await lineage()) : this.#open(this.#recognition.digest, this.#lines))
    if (!this.#announced) {
      const { best, strayed, alike } = this.#recognition
      const like = strayed ?? alike
      if (best)
        this.options.tell?.(
          `${name} goes on at line ${this.#from + 1n}: what comes before was taken in of ${best.name}`,
        )
      else if (like && this.#from === 0n) {
        const how = strayed ? 'continues differently' : 'ends within it'
        this.options.tell?.(`${name} begins like ${like.name} and ${how}: it is new`)
      }
    }
    this.#announced = true
    return { claim: this.#claim!, source: this.#source! }
  }

  /**
   * Claims the progress of a source.
   * @param known how many of its lines are known to be lines of this stream; all if absent
   * @throws STEERFLOW_FENCED when another process took in more of it meanwhile, perhaps lines other than these
   */
  async #open(lineage: string, known?: number): Promise<void> {
    const digest = `${lineage}${this.options.suffix ?? ''}`
    this.#claim = await this.log.claim(`ingest.${digest}`, this.to.progress, 0)
    this.#from = this.#claim.committed
    this.#source = { name: this.stream.name, lineage, digest, items: () => nothing() }
    if (known === undefined || this.#from <= known) return
    const text = `${this.stream.name}: another command has taken in up to line ${this.#from} meanwhile`
    throw new SteerflowError('STEERFLOW_FENCED', `${text}; ingest it again`)
  }
}

/** Splits lines into parts of one commit each. */
function* commits(lines: readonly StreamLine[]): Generator<readonly StreamLine[]> {
  for (let at = 0; at < lines.length; at += batchLimits.items) yield lines.slice(at, at + batchLimits.items)
}

async function* nothing(): AsyncGenerator<SourceItem> {
  // The lines of a stream come from elsewhere.
}
