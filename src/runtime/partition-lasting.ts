import { asSteerflowError } from '../domain/errors.js'
import type { Encoded, LastingRunner } from '../stages/node.js'
import type { Idle } from '../stages/stage.js'
import type { PartitionStatus } from './counters.js'
import { stageFailure } from './dead-letter.js'
import { type Claim, type LogRecord, type Offset, offset, type Output, readingOn } from './log.js'
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

type Pursuing = ReturnType<LastingRunner['pursuits']>[number]

const limits = { records: 500, bytes: 8 << 20 }
/** Pause between two checks of the clock. */
const timerMs = 1000

/**
 * A partition of a lasting fold. At the start its groups' states are rebuilt from the topic's beginning up to the committed
 * offset. From there on each record is added and acted upon once, and its emissions are committed with its offset. Long
 * tasks (pursuits) run concurrently, once everything has been read, and publish under the same claim.
 */
export class LastingPartition implements PartitionWork {
  readonly partition: number
  readonly #stop = new AbortController()
  readonly #pursuits = new Map<string, AbortController>()
  #committed: Offset
  #caughtUp = false
  /** End of the partition after the records last published to it from here; null while they are being published. */
  #own: Offset | null = offset(0)
  #looked = -Infinity
  /** Publications under way that neither a pursuit nor a read accounts for. */
  #publishing = 0
  #fatal: Error | null = null
  /** Makes commits of the loop and of pursuits take turns on the claim. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly context: PartitionContext,
    private readonly runner: LastingRunner,
    private readonly claim: Claim,
  ) {
    this.partition = claim.partition
    this.#committed = claim.committed
  }

  status(): PartitionStatus {
    return {
      partition: this.partition,
      committed: this.#committed,
      position: this.#committed,
      inFlight: this.#caughtUp && this.#publishing === 0 ? 0 : 1,
      held: 0,
      pursuing: this.#pursuits.size,
    }
  }

  get reached(): Offset {
    return this.#committed
  }

  get settled(): boolean {
    return this.#caughtUp && this.#publishing === 0 && this.#pursuits.size === 0
  }

  /**
   * Publishes the records that the groups' states give for idle sources. Returns whether the partition is at rest: it had
   * read everything and published nothing. An error is a failure of the partition, not of this call.
   */
  async idle(idle: Idle): Promise<boolean> {
    if (!this.#caughtUp || this.#publishing > 0 || this.#stop.signal.aborted) return false
    try {
      return !(await this.#tell(() => this.runner.idle(idle)))
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#fail(error)
      return false
    }
  }

  async run(): Promise<void> {
    try {
      await this.#rebuild()
      while (!this.#stop.signal.aborted) await this.#round()
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#fail(error)
    }
    this.drop()
    // A commit under way uses the claim: nothing else may use it before the commit has ended.
    await this.#turn.catch(() => undefined)
    if (this.#fatal) throw this.#fatal
  }

  async drain(): Promise<void> {
    this.drop()
    await this.#turn.catch(() => undefined)
  }

  drop(): void {
    this.#stop.abort()
    for (const pursuit of this.#pursuits.values()) pursuit.abort()
  }

  #fail(error: unknown): void {
    this.#fatal ??= asSteerflowError(error)
    this.#caughtUp = false
    this.drop()
  }

  async #rebuild(): Promise<void> {
    const { topic, partition, committed } = this.claim
    for (let from = offset(0); from < committed;) {
      const read = () => this.context.log.read(topic, partition, from, readingOn)
      const batch = await waitingOut(this.context, read, this.#stop.signal)
      if (batch.records.length === 0 && batch.next <= from) return
      for (const record of batch.records) if (record.offset < committed) this.#remember(record)
      from = batch.next
    }
  }

  /** Adds an old record to the state; an unreadable one became a dead letter when it was first read. */
  #remember(record: LogRecord): void {
    if (forAnother(record, this.context.node)) return
    try {
      this.runner.step(record.value, placeOf(record, this.#stop.signal))
    } catch (thrown) {
      if (stageFailure(thrown).kind !== 'permanent') throw thrown
    }
  }

  async #round(): Promise<void> {
    const read = () => this.claim.read(limits, readWait)
    const batch = await waitingOut(this.context, read, this.#stop.signal)
    if (batch.records.length > 0) this.#caughtUp = false
    // Records without outputs are committed together with the next one that has some; re-reading them after a crash is
    // harmless.
    let idle = 0
    for (const record of batch.records) {
      if (this.#stop.signal.aborted) return
      const outputs = await this.#act(record)
      if (outputs.length === 0) idle++
      else {
        await this.#commit(offset(record.offset + 1n), idle + 1, outputs)
        idle = 0
      }
    }
    if (batch.next > this.#committed) await this.#commit(batch.next, idle, [])
    // The read may have ended before records that were published here meanwhile: the states do not include them yet.
    if (batch.records.length > 0 || this.#stop.signal.aborted || !this.#readOwn()) return
    this.#pursue()
    this.#caughtUp = true
    if (performance.now() - this.#looked < timerMs) return
    this.#looked = performance.now()
    await this.#tell(() => this.runner.timer(Date.now()))
  }

  #readOwn(): boolean {
    return this.#own !== null && this.#committed >= this.#own
  }

  /** Publishes records to the node's own input, once: nothing more is published before they are read back. */
  async #tell(made: () => readonly Encoded[]): Promise<boolean> {
    if (!this.#caughtUp || this.#stop.signal.aborted) return false
    const records = made()
    if (records.length === 0) return false
    this.#caughtUp = false
    this.#own = null
    // A snapshot of all nodes must not take the moment before for the moment after.
    this.context.moved()
    await this.#publish(records)
    this.#own = await waitingOut(this.context, () => this.#end(), this.#stop.signal)
    return true
  }

  async #end(): Promise<Offset> {
    const states = await this.context.log.state(this.claim.topic)
    return states.find(({ partition }) => partition === this.claim.partition)?.end ?? this.#committed
  }

  async #act(record: LogRecord): Promise<readonly Output[]> {
    if (forAnother(record, this.context.node)) return []
    try {
      if (record.fault) throw record.fault
      const act = this.runner.step(record.value, placeOf(record, this.#stop.signal))
      return outputsOf(this.context, await waitingOut(this.context, act, this.#stop.signal))
    } catch (thrown) {
      const error = stageFailure(thrown)
      if (error.kind !== 'permanent' || this.#stop.signal.aborted) throw error
      return lettersOf(this.context, record, error)
    }
  }

  /** Starts the tasks that the states ask for and aborts those that they no longer ask for. */
  #pursue(): void {
    const wanted = new Map(this.runner.pursuits().map(pursuit => [pursuit.key, pursuit]))
    for (const [key, running] of this.#pursuits) {
      if (wanted.has(key)) continue
      running.abort()
      this.#pursuits.delete(key)
    }
    for (const [key, pursuit] of wanted) {
      if (this.#pursuits.has(key)) continue
      const control = new AbortController()
      this.#pursuits.set(key, control)
      this.#carryOut(pursuit, control.signal).catch((error: unknown) => {
        if (!control.signal.aborted) this.#fail(error)
      })
    }
  }

  /** Runs a task. Its emissions are dropped if it was aborted; a publication that has begun is counted to its end. */
  async #carryOut(pursuit: Pursuing, signal: AbortSignal): Promise<void> {
    const emissions = await waitingOut(this.context, () => pursuit.run(signal), signal)
    if (signal.aborted) return
    this.#publishing++
    try {
      await this.#publish(emissions)
    } finally {
      this.#publishing--
    }
  }

  async #publish(emissions: readonly Encoded[]): Promise<void> {
    await this.#commit(null, 0, outputsOf(this.context, emissions))
  }

  /** Commits `to`; null keeps the offset, to publish under the claim's protection. */
  async #commit(to: Offset | null, records: number, outputs: readonly Output[]): Promise<void> {
    const turn = this.#turn
      .catch(() => undefined)
      .then(async () => {
        if (this.#stop.signal.aborted) return
        const move = { from: this.#committed, to: to ?? this.#committed }
        await committing(this.context, this.claim, move, outputs, this.#stop.signal)
        this.#committed = move.to
        count(this.context, records, outputs)
      })
    this.#turn = turn
    await turn
  }
}
