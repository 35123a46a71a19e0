import { SteerflowError } from '../../../domain/errors.js'
import type { Batch, Claim, Offset, Output, ReadLimits } from '../../../runtime/log.js'
import { isOutOfRange, kafkaError } from './errors.js'
import type { Stored } from './ledger.js'
import type { PlacedRecord } from './placement.js'
import { within } from './record.js'
import { replaced } from './replaced.js'
import type { Committer } from './settle.js'
import { noTopic, type TopicIdentity } from './topic-ids.js'
import { race } from '../../../runtime/concurrency.js'

export interface ClaimParts {
  /** Fetches the batch at an offset of the claim's partition; null for a source that is no topic. */
  readonly next: ((from: Offset, signal: AbortSignal) => Promise<Batch>) | null
  /** Called once, when the claim is fenced or released. */
  readonly ended: () => void
  readonly place: (output: Output) => PlacedRecord
  /** Loads the limits of the topics again. */
  readonly look: () => Promise<void>
  readonly extent: () => Promise<{ readonly start: Offset; readonly end: Offset }>
  /** The id of the topic when the claim was opened; null if it is no topic, or brokers do not report ids. */
  readonly topicId: string | null
  /** Its current id; undefined if unknown. */
  readonly topicIdNow: () => Promise<TopicIdentity | undefined>
  /** Called once when the claim is found to be fenced. */
  readonly onFenced: () => void
}

/** One partition owned by one group, until a newer owner fences it or it is released. */
export class KafkaClaim implements Claim {
  #committed: Offset
  #position: Offset
  /** Fetched but not yet returned. */
  #held: Batch | null = null
  #coming: Promise<Batch> | null = null
  #ended: SteerflowError | null = null
  readonly #control = new AbortController()
  #wake: () => void = () => undefined

  constructor(
    readonly group: string,
    readonly topic: string,
    readonly partition: number,
    private readonly committer: Committer,
    private readonly parts: ClaimParts,
  ) {
    this.#committed = committer.committed
    this.#position = committer.committed
  }

  get committed(): Offset {
    return this.#committed
  }

  async read(limits: ReadLimits, waitMs: number): Promise<Batch> {
    if (this.#ended) throw this.#ended
    this.#held ??= await this.#arrived(waitMs)
    if (!this.#held) return { records: [], next: this.#position }
    const batch = within(this.#held, limits)
    this.#held =
      batch === this.#held ? null : { records: this.#held.records.slice(batch.records.length), next: this.#held.next }
    this.#position = batch.next
    // Prefetch for the next read.
    if (!this.#held) this.#fetch()
    return batch
  }

  async commit(from: Offset, to: Offset, outputs: readonly Output[]): Promise<void> {
    await this.#unlessFenced(async () => {
      await this.committer.expect(from)
      const placed = outputs.map(output => this.parts.place(output))
      await this.committer.commit(to, placed)
    })
  }

  async rewind(): Promise<Offset> {
    await this.#unlessFenced(() => this.committer.settle())
    this.#committed = this.#position = this.committer.committed
    this.#held = this.#coming = null
    return this.#committed
  }

  get topicId(): string | null {
    return this.parts.topicId
  }

  /** Ends the claim, since its topic has been replaced: the next read or commit gets the error. */
  async replaced(now: TopicIdentity): Promise<void> {
    const extent = now === noTopic ? null : await this.parts.extent().catch(() => null)
    if (this.#ended || this.topicId === null) return
    this.#end(replaced(this.group, this.topic, this.partition, this.topicId, now, extent))
    await this.committer.stop(this.#ended!)
  }

  /** True if the stored offsets do not show the last commit yet. */
  isBehind(seen: Stored | undefined): boolean {
    return this.committer.isBehind(seen)
  }

  async release(): Promise<void> {
    if (!this.#ended) this.#end(this.#error('STEERFLOW_FENCED', 'was given back'))
    await this.committer.stop(this.#ended!)
  }

  #end(reason: SteerflowError): void {
    this.#ended = reason
    this.#control.abort()
    this.parts.ended()
    this.#wake()
  }

  async #unlessFenced(work: () => Promise<void>): Promise<void> {
    if (this.#ended) throw this.#ended
    try {
      await work()
    } catch (error) {
      // The limit may have been lowered since it was loaded.
      if (error instanceof SteerflowError && error.code === 'STEERFLOW_RECORD_TOO_LARGE') await this.parts.look()
      if (error instanceof SteerflowError && error.code === 'STEERFLOW_FENCED' && !this.#ended) {
        this.#end(error)
        this.parts.onFenced()
      }
      throw error
    }
  }

  #fetch(): void {
    if (!this.parts.next || this.#ended || this.#coming) return
    this.#coming = this.parts.next(this.#position, this.#control.signal)
    // The next reader gets the error. One handler per promise: handlers stay on a promise until it settles.
    this.#coming.catch(() => undefined)
  }

  /** The fetched batch; null if none arrived in time. */
  async #arrived(waitMs: number): Promise<Batch | null> {
    this.#fetch()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<null>(resolve => {
      this.#wake = () => resolve(null)
      timer = setTimeout(this.#wake, waitMs)
    })
    try {
      const batch = await race([this.#coming ?? late, late])
      if (batch) this.#coming = null
      return this.#ended ? null : batch
    } catch (error) {
      this.#coming = null
      throw isOutOfRange(error) ? await this.#lost(error) : kafkaError(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #lost(cause: Error): Promise<SteerflowError> {
    const now = this.topicId === null ? undefined : await this.parts.topicIdNow().catch(() => undefined)
    const { start, end } = await this.parts.extent()
    if (now !== undefined && now !== this.topicId) {
      await this.replaced(now)
      return this.#ended!
    }
    const at = this.#position
    const gone = start > at ? start - at : at - end
    const range = start > at ? `${at} to ${start - 1n}` : `${end} to ${at - 1n}`
    const message = `has not read offsets ${range}: ${gone} records are gone`
    return this.#error('STEERFLOW_OFFSET_LOST', message, cause)
  }

  #error(code: SteerflowError['code'], what: string, cause?: unknown): SteerflowError {
    return new SteerflowError(code, `${this.group} on ${this.topic}/${this.partition} ${what}`, { cause })
  }
}
