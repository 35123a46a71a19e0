import { asSteerflowError } from '../domain/errors.js'
import { type Encoded, type LastingRunner } from '../stages/bind.js'
import { type Idle } from '../stages/stage.js'
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
import { untilDone } from './retry.js'

const limits = { records: 500, bytes: 8 << 20 }
/** Pause between two looks at the clock. */
const timerMs = 1000

/**
 * A partition of a lasting fold. At the start its groups' states are rebuilt from the topic's beginning up to the
 * committed offset; from there each record is added and acted upon once, its emissions committed with its offset. Long
 * works (pursuits) run beside, once everything has been read, and publish under the same claim.
 */
export class LastingPartition implements PartitionWork {
  readonly partition: number
  readonly #stop = new AbortController()
  readonly #pursuits = new Map<string, AbortController>()
  #committed: Offset
  #caughtUp = false
  /** End of the partition behind what was last published to it from here; null while that is being published. */
  #own: Offset | null = offset(0)
  #looked = 0
  #fatal: Error | null = null
  /** Commits of the loop and of pursuits take turns on the claim. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly context: NodeContext,
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
      inFlight: this.#caughtUp ? 0 : 1,
      held: 0,
      pursuing: this.#pursuits.size,
    }
  }

  /** Publishes what the groups' states make of idle sources. Returns whether there was anything. */
  async idle(idle: Idle): Promise<boolean> {
    return this.#tell(() => this.runner.idle(idle))
  }

  async run(): Promise<void> {
    try {
      await this.#rebuild()
      while (!this.#stop.signal.aborted) await this.#round()
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#fatal = asSteerflowError(error)
    }
    this.drop()
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

  async #rebuild(): Promise<void> {
    const { topic, partition, committed } = this.claim
    for (let from = offset(0); from < committed;) {
      const batch = await this.context.log.read(topic, partition, from, limits)
      if (batch.records.length === 0 && batch.next <= from) return
      for (const record of batch.records) if (record.offset < committed) this.#remember(record)
      from = batch.next
    }
  }

  /** Adds an old record to the state; one that could not be read was dead-lettered in its time. */
  #remember(record: LogRecord): void {
    if (forAnother(record, this.context.node)) return
    try {
      this.runner.step(record.value, placeOf(record, this.#stop.signal))
    } catch (thrown) {
      if (stageFailure(thrown).kind !== 'permanent') throw thrown
    }
  }

  async #round(): Promise<void> {
    const batch = await this.claim.read(limits, readWait)
    if (batch.records.length > 0) this.#caughtUp = false
    // What causes nothing is committed with what follows: after a crash it is read again, and causes nothing again.
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
    // A read may have ended before what was published here meanwhile: the states do not know of it yet.
    if (batch.records.length > 0 || this.#stop.signal.aborted || !this.#readOwn()) return
    this.#pursue()
    this.#caughtUp = true
    const now = Date.now()
    if (now - this.#looked < timerMs) return
    this.#looked = now
    await this.#tell(() => this.runner.timer(now))
  }

  #readOwn(): boolean {
    return this.#own !== null && this.#committed >= this.#own
  }

  /** Publishes records to the own input, once: nothing more is told before they are read back. */
  async #tell(made: () => readonly Encoded[]): Promise<boolean> {
    if (!this.#caughtUp || this.#stop.signal.aborted) return false
    const records = made()
    if (records.length === 0) return false
    this.#caughtUp = false
    this.#own = null
    await this.#publish(records)
    const states = await this.context.log.state(this.claim.topic)
    this.#own = states.find(({ partition }) => partition === this.claim.partition)?.end ?? this.#committed
    return true
  }

  async #act(record: LogRecord): Promise<readonly Output[]> {
    if (forAnother(record, this.context.node)) return []
    try {
      if (record.fault) throw record.fault
      const act = this.runner.step(record.value, placeOf(record, this.#stop.signal))
      return outputsOf(this.context, await waitingOut(this.context, this.partition, act, this.#stop.signal))
    } catch (thrown) {
      const error = stageFailure(thrown)
      if (error.kind !== 'permanent' || this.#stop.signal.aborted) throw error
      return lettersOf(this.context, record, error)
    }
  }

  /** Starts the works that the states ask for and ends those that they no longer do. */
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
      untilDone(() => pursuit.run(control.signal), control.signal)
        .then(emissions => this.#publish(emissions))
        .catch((error: unknown) => {
          if (control.signal.aborted) return
          this.#fatal ??= asSteerflowError(error)
          this.drop()
        })
    }
  }

  async #publish(emissions: readonly Encoded[]): Promise<void> {
    await this.#commit(null, 0, outputsOf(this.context, emissions))
  }

  /** Commits `to`; null stays where it is, to publish under the claim's protection. */
  async #commit(to: Offset | null, records: number, outputs: readonly Output[]): Promise<void> {
    const turn = this.#turn
      .catch(() => undefined)
      .then(async () => {
        if (this.#stop.signal.aborted) return
        await this.claim.commit(this.#committed, to ?? this.#committed, outputs)
        this.#committed = to ?? this.#committed
        count(this.context, records, outputs)
      })
    this.#turn = turn
    await turn
  }
}
