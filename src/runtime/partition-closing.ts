import type { ClosingRunner } from '../stages/node.js'
import type { CloseReason } from '../stages/stage.js'
import type { PartitionStatus } from './counters.js'
import { stageFailure } from './dead-letter.js'
import { type Claim, type LogRecord, type Offset, offset, type Output } from './log.js'
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

/** The open group of a partition, with its further outputs to commit. */
interface Open {
  readonly group: unknown
  records: number
  /** Why it is to be closed although it is not full. */
  cut: CloseReason | null
  /** Dead letters of records inside the group, committed with it because the records' offsets are. */
  readonly letters: Output[]
}

/**
 * A partition of a closing fold. Records are added one by one; nothing is committed before the group closes, and then its
 * emissions and the offset after its last record are committed together. After a crash the group is rebuilt. The position
 * moves past a record only once the record is held, so that a status in between never shows everything read and nothing
 * held.
 */
export class ClosingPartition implements PartitionWork {
  readonly partition: number
  readonly #stop = new AbortController()
  #committed: Offset
  #position: Offset
  #open: Open | null = null
  #dropping = false
  /** Whether the last read found nothing, so that all available records have been processed. */
  #atEnd = false
  #ended: () => void = () => undefined
  readonly #end = new Promise<void>(resolve => (this.#ended = resolve))

  constructor(
    private readonly context: PartitionContext,
    private readonly runner: ClosingRunner,
    private readonly claim: Claim,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.partition = claim.partition
    this.#committed = claim.committed
    this.#position = claim.committed
  }

  status(): PartitionStatus {
    return {
      partition: this.partition,
      committed: this.#committed,
      // Records of a dropped group are read again: they are neither done nor held.
      position: this.#dropping ? this.#committed : this.#position,
      inFlight: 0,
      held: this.#open?.records ?? 0,
      pursuing: 0,
    }
  }

  get reached(): Offset {
    return this.#position
  }

  get settled(): boolean {
    return this.#atEnd && this.#open === null && this.#position === this.#committed
  }

  /** Requests that the open group be closed; the loop does it within a moment. The request ends with the group. */
  cut(reason: CloseReason): void {
    if (this.#open) this.#open.cut = reason
  }

  async run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) await this.#round()
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    } finally {
      await this.#forget()
    }
  }

  async drain(): Promise<void> {
    this.drop()
    await this.#end
  }

  drop(): void {
    this.#stop.abort()
  }

  /** Drops the open group and, however that ends, resolves `drain`. */
  async #forget(): Promise<void> {
    const open = this.#open
    this.#open = null
    this.#dropping = true
    try {
      if (open) await this.runner.drop(open.group)
    } finally {
      this.#ended()
    }
  }

  async #round(): Promise<void> {
    const read = () => this.claim.read({ records: 500, bytes: 8 << 20 }, readWait)
    const batch = await waitingOut(this.context, read, this.#stop.signal)
    this.#atEnd = batch.records.length === 0
    for (const record of batch.records) {
      if (this.#stop.signal.aborted) return
      await this.#step(record)
      await this.#closeIf(this.#full())
    }
    if (this.#stop.signal.aborted) return
    this.#position = batch.next
    await this.#closeIf(this.#open?.cut ?? this.#full())
    if (!this.#open && this.#position > this.#committed && !this.#stop.signal.aborted)
      await this.#commit(this.#position, 0, [])
  }

  #full(): CloseReason | null {
    return this.#open && this.runner.full(this.#open.group, this.now())
  }

  /** Adds a record to the open group, or opens one with it. */
  async #step(record: LogRecord): Promise<void> {
    const behind = offset(record.offset + 1n)
    if (!forAnother(record, this.context.node)) {
      const at = placeOf(record, this.#stop.signal)
      this.#open ??= { group: await this.runner.open(at), records: 0, cut: null, letters: [] }
      const open = this.#open
      try {
        if (record.fault) throw record.fault
        await this.runner.step(open.group, record.value, at)
      } catch (thrown) {
        const error = stageFailure(thrown)
        if (error.kind !== 'permanent' || this.#stop.signal.aborted) throw error
        open.letters.push(...lettersOf(this.context, record, error))
      }
      open.records++
    }
    this.#position = behind
  }

  /** While something that the group needs is unavailable, nothing more is read; a stop leaves the group to the next run. */
  async #closeIf(reason: CloseReason | null): Promise<void> {
    const open = this.#open
    if (!open || !reason || this.#stop.signal.aborted) return
    const close = () => this.runner.close(open.group, this.#position, reason)
    const { emissions, made } = await waitingOut(this.context, close, this.#stop.signal)
    const outputs = [...outputsOf(this.context, emissions), ...open.letters]
    const from = String(this.#committed)
    await this.#commit(this.#position, open.records, outputs)
    this.#open = null
    this.context.report({
      event: 'cut',
      node: this.context.node,
      partition: this.partition,
      reason,
      records: open.records,
      from,
      to: String(this.#position),
      made,
    })
  }

  async #commit(to: Offset, records: number, outputs: readonly Output[]): Promise<void> {
    await committing(this.context, this.claim, { from: this.#committed, to }, outputs, this.#stop.signal)
    this.#committed = to
    count(this.context, records, outputs)
  }
}
