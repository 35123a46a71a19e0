import { type ClosingRunner } from '../stages/bind.js'
import { type CloseReason } from '../stages/stage.js'
import { type PartitionStatus } from './counters.js'
import { stageFailure } from './dead-letter.js'
import { type Claim, type LogRecord, type Offset, offset, type Output } from './log.js'
import {
  count,
  forAnother,
  lettersOf,
  type NodeContext,
  outputsOf,
  type PartitionWork,
  placeOf,
  readWait,
  waitingOut,
} from './partition.js'

/** The open group of a partition, with what it will commit beside its emissions. */
interface Open {
  readonly group: unknown
  records: number
  /** Dead letters of records inside the group: committed with it, since its offset is. */
  readonly letters: Output[]
}

/**
 * A partition of a closing fold. Records are added one by one; nothing is committed before the group closes, and then
 * its emissions and the offset behind its last record go together. After a crash the group is built again.
 */
export class ClosingPartition implements PartitionWork {
  readonly partition: number
  readonly #stop = new AbortController()
  #committed: Offset
  #position: Offset
  #open: Open | null = null
  #cut: CloseReason | null = null
  #ended: () => void = () => undefined
  readonly #end = new Promise<void>(resolve => (this.#ended = resolve))

  constructor(
    private readonly context: NodeContext,
    private readonly runner: ClosingRunner,
    private readonly claim: Claim,
    private readonly now: () => number = Date.now,
  ) {
    this.partition = claim.partition
    this.#committed = claim.committed
    this.#position = claim.committed
  }

  status(): PartitionStatus {
    return {
      partition: this.partition,
      committed: this.#committed,
      position: this.#position,
      inFlight: 0,
      held: this.#open?.records ?? 0,
      pursuing: 0,
    }
  }

  /** Asks for the open group to be closed; done by the loop within a moment. */
  cut(reason: CloseReason): void {
    this.#cut = reason
  }

  async run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) await this.#round()
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    } finally {
      if (this.#open) await this.runner.drop(this.#open.group)
      this.#open = null
      this.#ended()
    }
  }

  async drain(): Promise<void> {
    this.drop()
    await this.#end
  }

  drop(): void {
    this.#stop.abort()
  }

  async #round(): Promise<void> {
    const batch = await this.claim.read({ records: 500, bytes: 8 << 20 }, readWait)
    for (const record of batch.records) {
      if (this.#stop.signal.aborted) return
      await this.#step(record)
      const full = this.#open && this.runner.full(this.#open.group, this.now())
      if (full) await this.#close(full)
    }
    this.#position = batch.next
    const reason = this.#open && (this.#cut ?? this.runner.full(this.#open.group, this.now()))
    if (reason) await this.#close(reason)
    else if (!this.#open && this.#position > this.#committed) await this.#commit(this.#position, 0, [])
    this.#cut = null
  }

  async #step(record: LogRecord): Promise<void> {
    this.#position = offset(record.offset + 1n)
    if (forAnother(record, this.context.node)) return
    const at = placeOf(record, this.#stop.signal)
    const opened = this.#open ?? { group: await this.runner.open(at), records: 0, letters: [] }
    this.#open = opened
    try {
      if (record.fault) throw record.fault
      await this.runner.step(opened.group, record.value, at)
    } catch (thrown) {
      const error = stageFailure(thrown)
      if (error.kind !== 'permanent') throw error
      opened.letters.push(...lettersOf(this.context, record, error))
    }
    opened.records++
  }

  /** While what it needs is away, nothing more is read; a stop leaves the group to the next run. */
  async #close(reason: CloseReason): Promise<void> {
    const open = this.#open
    if (!open) return
    const close = () => this.runner.close(open.group, this.#position, reason)
    const { emissions, made } = await waitingOut(this.context, this.partition, close, this.#stop.signal)
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
    await this.claim.commit(this.#committed, to, outputs)
    this.#committed = to
    count(this.context, records, outputs)
  }
}
