import { setMaxListeners } from 'node:events'
import { type LogRecord, type Offset, type Output, type Claim, sizeOf } from './log.js'
import { asSteerflowError, SteerflowError } from '../domain/errors.js'
import type { EachRunner } from '../stages/node.js'
import type { PartitionStatus } from './counters.js'
import { stageFailure } from './dead-letter.js'
import type { Held } from './brake.js'
import {
  committing,
  count,
  forAnother,
  lettersOf,
  type PartitionContext,
  outputsOf,
  type PartitionWork,
  placeOf,
  readWait,
  waitingOut,
} from './partition.js'
import { type ComparedOutput, RepeatFilter } from './repeat-filter.js'
import { untilDone } from './retry.js'
import { Wakeup } from './concurrency.js'

/** A record under way: `outputs` is null until it has been processed. */
export interface Item {
  readonly record: LogRecord
  outputs: readonly ComparedOutput[] | null
  /** When it waits for others no longer, by `performance.now`; -Infinity if it does not wait. */
  until: number
}

/** Finished records at the front of the window that can be committed at once. */
export interface Prefix {
  readonly items: number
  /** The committed offset afterwards. */
  readonly to: Offset
  readonly outputs: readonly ComparedOutput[]
}

/**
 * The records of one partition between reading and commit: processed in any order, committed in order
 * (ARCHITECTURE.md#rules-of-the-runtime; why: docs/reference/stream-processing.md#windows). Bounded by count and bytes.
 */
export class CommitWindow {
  readonly #items: Item[] = []
  #bytes = 0
  #next: Offset
  /** Items before this offset wait no longer. */
  #released: Offset

  /** @param waiting items that may wait for others, beside `limits.records` */
  constructor(
    readonly limits: { readonly records: number; readonly bytes: number },
    from: Offset,
    private readonly waiting = 0,
  ) {
    this.#next = from
    this.#released = from
  }

  /** Records read and not yet committed. */
  get size(): number {
    return this.#items.length
  }

  /** The offset at which reading continues. */
  get next(): Offset {
    return this.#next
  }

  /** The room for further records; a single record larger than the limit is admitted if the window is empty. */
  get room(): { readonly records: number; readonly bytes: number } {
    const held = this.waiting > 0 ? Math.min(this.held, this.waiting) : 0
    const records = this.limits.records + held - this.#items.length
    const bytes = this.limits.bytes - this.#bytes
    return bytes <= 0 ? { records: 0, bytes: 0 } : { records, bytes }
  }

  /** Adds records; `next` may be beyond the last record, if aborted and control records follow it. */
  push(records: readonly LogRecord[], next: Offset): readonly Item[] {
    const items = records.map(record => ({ record, outputs: null, until: -Infinity }))
    this.#items.push(...items)
    for (const record of records) this.#bytes += record.value.byteLength
    this.#next = next
    return items
  }

  /** The finished records at the front, at most `records` of them and `bytes` of outputs; null if there are none. */
  prefix(committed: Offset, records = 1000, bytes = 16 << 20): Prefix | null {
    const outputs: ComparedOutput[] = []
    const now = performance.now()
    let items = 0
    let size = 0
    for (const item of this.#items) {
      if (!item.outputs || items === records || (items > 0 && size >= bytes)) break
      if (this.#waits(item, items, now)) break
      for (const output of item.outputs) {
        outputs.push(output)
        size += output.value.byteLength
      }
      items++
    }
    const behind = this.#items[items]
    const to = behind ? behind.record.offset : this.#next
    return to > committed ? { items, to, outputs } : null
  }

  /** Number of finished items that only wait for others, or follow one that does. */
  get held(): number {
    const now = performance.now()
    const first = this.#items.findIndex((item, index) => item.outputs && this.#waits(item, index, now))
    return first < 0 ? 0 : this.#items.reduce((sum, { outputs }, at) => sum + (outputs && at >= first ? 1 : 0), 0)
  }

  /** Ends the wait of all items. */
  release(): void {
    this.#released = this.#next
  }

  /** Whether an item waits: until its time is over, it is released, or there is no room for further records. */
  #waits({ until, record }: Item, index: number, now: number): boolean {
    if (now >= until || record.offset < this.#released) return false
    return this.#items.length - index <= this.waiting && this.#bytes < this.limits.bytes
  }

  /** The first `items`. */
  first(items: number): readonly Item[] {
    return this.#items.slice(0, items)
  }

  /** Removes the first `items` after their commit. */
  shift(items: number): void {
    for (const item of this.#items.splice(0, items)) this.#bytes -= item.record.value.byteLength
  }
}

/** Maximum bytes of records in the window of one partition: where records wait for others, and elsewhere. */
const windowBytes = { waiting: 8 << 20, passing: 4 << 20 }
/** Maximum number of records in one commit. */
const commitRecords = 1000

/**
 * A partition of an `each` node. One loop reads into the window and starts work, another commits the finished prefix:
 * reading, processing and committing overlap, and commits are in the order of the records.
 */
export class EachPartition implements PartitionWork {
  readonly partition: number
  readonly #window: CommitWindow
  readonly #stop = new AbortController()
  readonly #changed = new Wakeup()
  /** Raised when it is of no use any more to wait for further records to commit together. */
  readonly #due = new Wakeup()
  #committed: Offset
  #running = 0
  #draining = false
  /** Whether the last read found nothing. */
  #atEnd = false
  /** Number of records that passed: while none does, the cause of a failure may concern all of them. */
  #passed = 0
  #fatal: Error | null = null
  /** Notified while the node's brake holds records of this partition. */
  readonly #held: Held
  readonly #repeats: RepeatFilter | null

  constructor(
    private readonly context: PartitionContext,
    private readonly runner: EachRunner,
    private readonly claim: Claim,
  ) {
    this.partition = claim.partition
    this.#committed = claim.committed
    this.#repeats = runner.repeats ? new RepeatFilter(runner.repeats) : null
    const limits = { records: context.window, bytes: windowBytes[this.#repeats ? 'waiting' : 'passing'] }
    this.#window = new CommitWindow(limits, claim.committed, this.#repeats?.wait.records)
    setMaxListeners(0, this.#stop.signal)
    const { trouble } = context
    this.#held = {
      failed: (error, attempts, waitMs) => trouble.failed('paused', error, attempts, waitMs),
      over: () => trouble.over('paused'),
    }
  }

  status(): PartitionStatus {
    const held = this.#waiting
    return {
      partition: this.partition,
      committed: this.#committed,
      position: this.#window.next,
      inFlight: this.#window.size - held,
      held,
      pursuing: 0,
    }
  }

  get reached(): Offset {
    return this.#committed
  }

  get settled(): boolean {
    return this.#atEnd && this.#window.size === this.#waiting
  }

  get #waiting(): number {
    return this.#repeats ? this.#window.held : 0
  }

  /** Ends the wait for later records: none will come. */
  cut(): void {
    this.#window.release()
    this.#wake()
  }

  async run(): Promise<void> {
    const loops = [this.#read(), this.#commit()]
    try {
      await Promise.all(loops)
    } catch (error) {
      if (!this.#stopped) this.#fatal ??= asSteerflowError(error)
    }
    this.drop()
    await Promise.allSettled(loops)
    if (this.#fatal) throw this.#fatal
  }

  async drain(): Promise<void> {
    this.#draining = true
    this.#wake()
    const unfinished = (): boolean => this.#running > 0 || this.#window.prefix(this.#committed) !== null
    // A pause is not waited for: it would use up all of the time.
    const paused = (): boolean => this.context.trouble.current?.state === 'paused'
    while (unfinished() && !this.#stopped && !paused()) await this.#changed.wait(50)
    this.drop()
  }

  drop(): void {
    this.#stop.abort()
    this.#wake()
  }

  #wake(): void {
    this.#changed.raise()
    this.#due.raise()
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #read(): Promise<void> {
    while (!this.#draining && !this.#stopped) {
      const room = this.#window.room
      if (room.records <= 0) {
        this.#due.raise()
        await this.#changed.wait(readWait)
        continue
      }
      const batch = await waitingOut(this.context, () => this.claim.read(room, readWait), this.#stop.signal)
      this.#atEnd = batch.records.length === 0
      if (this.#stopped || (this.#draining && batch.records.length > 0)) return
      for (const item of this.#window.push(batch.records, batch.next)) void this.#work(item)
      if (batch.records.length === 0) this.#changed.raise()
    }
  }

  async #work(item: Item): Promise<void> {
    await this.context.permits.acquire(this)
    this.#running++
    try {
      // Records that have not been started when the partition is given up are left to its next owner.
      if (!this.#stopped && !this.#draining) this.#finish(item, await this.#outputs(item))
    } catch (error) {
      if (!this.#stopped) this.#fail(error)
    } finally {
      this.#running--
      this.context.permits.release()
      this.#changed.raise()
    }
  }

  #finish(item: Item, outputs: readonly ComparedOutput[]): void {
    const compared = [...outputs]
    if (this.#repeats && outputs.some(({ likeness }) => likeness)) {
      item.until = performance.now() + this.#repeats.wait.seconds * 1000
      this.#repeats.add(compared)
    }
    item.outputs = compared
  }

  async #outputs({ record }: Item): Promise<readonly ComparedOutput[]> {
    if (forAnother(record, this.context.node)) return []
    for (;;) {
      const asProbe = await this.context.brake.enter(this.#held, this.#stop.signal)
      try {
        const outputs = await this.#made(record)
        this.context.brake.passed(asProbe)
        return outputs
      } catch (thrown) {
        const error = stageFailure(thrown)
        if (this.#stopped || error.kind !== 'permanent') {
          this.context.brake.left(asProbe)
          throw this.#stopped ? thrown : error
        }
        if (!this.context.brake.refused(error, asProbe)) return lettersOf(this.context, record, error)
        if (this.context.failFast) throw this.context.brake.error ?? error
      }
    }
  }

  async #made(record: LogRecord): Promise<readonly ComparedOutput[]> {
    if (record.fault) throw record.fault
    const at = placeOf(record, this.#stop.signal)
    const emissions = await this.#untilDone(() => this.runner.run(record.value, at))
    const outputs = outputsOf(this.context, emissions)
    const large = outputs.find(output => this.#tooLarge(output))
    if (!large) return outputs
    const what = `${sizeOf(large)} bytes for ${large.topic}; the log takes ${this.context.log.maxValueBytes}`
    throw new SteerflowError('STEERFLOW_RECORD_TOO_LARGE', what)
  }

  /**
   * Repeats a record's work while it fails because something is unavailable. If other records pass meanwhile, the failure
   * concerns this record alone; if none has passed since it first failed, the partition counts as waiting.
   */
  async #untilDone<T>(work: () => T | Promise<T>): Promise<T> {
    const { trouble } = this.context
    const began = this.#passed
    try {
      return await untilDone(work, this.#stop.signal, undefined, (error, attempt, wait) => {
        if (attempt > 1 && this.#passed === began) trouble.failed('waiting', error, attempt, wait)
      })
    } finally {
      // A record that was refused for good has got an answer too.
      this.#passed++
      if (this.#stopped) trouble.forget('waiting')
      else trouble.over('waiting')
    }
  }

  #fail(error: unknown): void {
    this.#fatal ??= asSteerflowError(error)
    this.drop()
  }

  async #commit(): Promise<void> {
    let since: number | null = null
    while (!this.#stopped) {
      const prefix = this.#window.prefix(this.#committed, commitRecords)
      if (!prefix) {
        since = null
        await this.#changed.wait(readWait)
        continue
      }
      since ??= performance.now()
      const wait = since + this.context.log.lingerMs - performance.now()
      if (wait > 0 && prefix.items < commitRecords && !this.#draining && this.#window.room.records > 0) {
        await this.#due.wait(wait)
        continue
      }
      since = null
      if (!(await this.#taken(prefix))) continue
      this.#committed = prefix.to
      this.#window.shift(prefix.items)
      this.#repeats?.forget(prefix.outputs)
      this.context.counters.repeats += prefix.outputs.filter(({ isReplacement }) => isReplacement).length
      count(this.context, prefix.items, prefix.outputs)
      this.#changed.raise()
    }
  }

  /**
   * Commits a prefix. False if the log's limit is lower than when the outputs were made: those that are now too large have
   * become dead letters.
   */
  async #taken({ items, to, outputs }: Prefix): Promise<boolean> {
    try {
      await committing(this.context, this.claim, { from: this.#committed, to }, outputs, this.#stop.signal)
      return true
    } catch (error) {
      if (!(error instanceof SteerflowError) || error.code !== 'STEERFLOW_RECORD_TOO_LARGE') throw error
      const refused = this.#window.first(items).filter(item => item.outputs?.some(one => this.#tooLarge(one)))
      if (refused.length === 0) throw error
      for (const item of refused) {
        this.#repeats?.forget(item.outputs!)
        item.outputs = lettersOf(this.context, item.record, error)
      }
      return false
    }
  }

  #tooLarge(output: Output): boolean {
    return sizeOf(output) > this.context.log.maxValueBytes
  }
}
