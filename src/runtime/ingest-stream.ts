import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../domain/errors.js'
import { type SourceBeginning, isWorthKeeping, type KnownSource, Recognition, thinned } from './beginnings.js'
import { type Ingested, type IngestTopics, outputOf, type Source, type SourceItem } from './ingest.js'
import { type Claim, type Log, type Offset, offset, type Output } from './log.js'
import { race } from './concurrency.js'

/** A line of a stream. */
export interface StreamLine {
  /** From 0. */
  readonly position: number
  /** What it counts as in the digest of the stream, its end included. */
  readonly bytes: Buffer
  /** Why the last one, when it has no end, is no whole record: more of it may come when the stream is fed again. */
  readonly torn: string | null
  /** What it is as an item of this source. */
  item(source: string): SourceItem
}

/** Lines that come when somebody writes them, once, or those of a file. */
export interface Stream {
  readonly name: string
  /** Of a file, which is there as a whole: sha256 of its bytes, by which its records name it. */
  readonly lineage?: () => Promise<string>
  /** Lines as they come, several at a time where several are there. */
  batches(): AsyncIterable<readonly StreamLine[]>
  /** Keeps lines for later, outside memory, until `kept` has given them back. */
  keep(lines: readonly StreamLine[]): Promise<void>
  kept(): AsyncIterable<readonly StreamLine[]>
}

export interface StreamOptions {
  /** Sources of which something was taken in. */
  readonly known: readonly KnownSource[]
  /** What is put behind the name of the source in that of its progress. */
  readonly suffix?: string
  /** Ends it in good order: what came is published. */
  readonly signal?: AbortSignal | undefined
  /** Called with every batch that was published. */
  readonly seen?: (items: number) => void
  /** Told, in words, what a person should know. */
  readonly tell?: (message: string) => void
}

/** What came of a stream, with the name of its progress. */
export type StreamIngested = Ingested & { readonly digest: string }

/** About how many records and bytes one commit has, and how long the first of them waits for others, in milliseconds. */
const batchLimits = { items: 500, bytes: 4 << 20, lingerMs: 500 }

/**
 * Publishes the lines of a stream as they come, or those of a file. How far it came is committed with the records, under
 * the digest that the file or stream had at its first commit, with the digest of all that was taken: fed again from its
 * beginning, after a crash or when it has grown, it goes on behind what was taken. Until it is clear whether that is so,
 * lines are kept outside memory.
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
        // Heard of when it is awaited.
        next.catch(() => undefined)
        await work.take(came.value)
      }
    }
    return await work.end()
  } catch (error) {
    // What came before a damage is kept.
    await work.breakOff()
    throw error
  } finally {
    await work.release()
  }
}

class StreamIngest {
  readonly #recognition: Recognition
  #beginnings: SourceBeginning[] = []
  readonly #done = { records: 0, rejected: 0, skipped: 0, left: 0 }
  /** Null until it is known which source this is. */
  #claim: Claim | null = null
  #source: Source | null = null
  /** Lines up to here, and how many of them are those of the best known source. */
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

  /** What comes, or that it is time to commit, or to end. */
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

  /** Publishes what waits. */
  async commit(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    this.#since = null
    if (waiting.length === 0) return
    const { claim, source } = await this.#begun()
    // What an earlier version took in is known by its digest alone.
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
   * @throws STEERFLOW_INPUT_TORN when it may be a part of what was taken in before, or not: then nothing of it is
   */
  async end(): Promise<StreamIngested> {
    const { alike, best, earlier, open } = this.#recognition
    if (this.#claim !== null || !open) return this.breakOff()
    if (best === null && earlier) await this.#resume(earlier)
    else if (best === null && alike && !this.stream.lineage) {
      const text = `${this.stream.name} has ended within what was taken in before of ${alike.name}, and begins like it`
      throw new SteerflowError(
        'STEERFLOW_INPUT_TORN',
        `${text}: nothing of it was taken in; feed it whole, or name a file`,
      )
    } else await this.#resume()
    return this.breakOff()
  }

  /** Publishes what came; where it is not clear yet whether it was taken in before, it stays with whoever feeds it. */
  async breakOff(): Promise<StreamIngested> {
    await this.commit()
    return { ...this.#done, digest: this.#source?.digest ?? this.#recognition.digest }
  }

  async release(): Promise<void> {
    await this.#claim?.release()
  }

  /** A torn line is neither taken in nor behind us: both happen when the rest of it is there. */
  #leave({ position, torn }: StreamLine): void {
    this.#done.left++
    const text = `line ${position + 1} of ${this.stream.name} has no end and is no whole record (${torn})`
    this.options.tell?.(`${text}: it is left out; ingest again when the rest of it, or the end of the line, is there`)
  }

  /** Goes on with the lines that were kept until it was known which source this is. */
  async #resume(known = this.#recognition.best): Promise<void> {
    if (known) {
      await this.#open(known.source, known === this.#recognition.best ? this.#known : undefined)
      const longest = known.taken.at(-1)!.bytes
      this.#beginnings = [...known.taken, ...this.#beginnings.filter(({ bytes }) => bytes > longest)]
    }
    // Of a file that has not changed, nothing is read again.
    if (this.#from >= this.#lines) this.#done.skipped += this.#lines
    else for await (const lines of this.stream.kept()) for (const some of commits(lines)) await this.#wait(some)
  }

  /** Lines whose place in the digest is not counted yet. */
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

  /** The claim on the progress of this source, whose first new line waits; a stream is named by its digest now. */
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
        const how = strayed ? 'goes on otherwise' : 'ends within it'
        this.options.tell?.(`${name} begins like ${like.name} and ${how}: it is new`)
      }
    }
    this.#announced = true
    return { claim: this.#claim!, source: this.#source! }
  }

  /**
   * Claims the progress of a source.
   * @param known how many of its lines are known to be those of this stream; all, where that is absent
   * @throws STEERFLOW_FENCED when somebody else took in more of it meanwhile, which may be other lines than these
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

/** These lines in parts of one commit each. */
function* commits(lines: readonly StreamLine[]): Generator<readonly StreamLine[]> {
  for (let at = 0; at < lines.length; at += batchLimits.items) yield lines.slice(at, at + batchLimits.items)
}

async function* nothing(): AsyncGenerator<SourceItem> {
  // A stream is read by itself.
}
