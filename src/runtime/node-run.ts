import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../domain/errors.js'
import type { Node, Runner } from '../stages/node.js'
import type { Capabilities } from '../stages/needs.js'
import type { Idle } from '../stages/stage.js'
import { Brake, type BrakeSettings } from './brake.js'
import { counters, type NodeStatus } from './counters.js'
import type { Report } from './events.js'
import type { Assignee, Claim, Log, Membership } from './log.js'
import { ClosingPartition } from './partition-closing.js'
import { EachPartition } from './partition-each.js'
import { LastingPartition } from './partition-lasting.js'
import type { NodeContext, PartitionContext, PartitionWork } from './partition.js'
import { Semaphore, race } from './concurrency.js'
import { SupervisedPartition } from './supervised-partition.js'
import { PartitionTrouble } from './retry.js'

export interface NodeRunOptions {
  readonly log: Log
  readonly deadLetters: string
  readonly capabilities: Capabilities
  /** The node's options from the configuration. */
  readonly options: unknown
  /** Maximum number of records processed at once, over all partitions. */
  readonly concurrency: () => number
  /** Maximum number of records of one partition between reading and commit. */
  readonly window: number
  readonly moved: () => void
  readonly report: Report
  /** When the node stops making dead letters. */
  readonly brake: BrakeSettings
  /** Disables pauses: the first failure of a partition stops the run. */
  readonly failFast: boolean
  /** Called once with the error that stops the whole run. */
  readonly failed: (error: unknown) => void
}

interface Held {
  readonly work: SupervisedPartition
  readonly claim: Claim
  readonly ended: Promise<void>
}

/** How long a partition may take to finish its work before it moves to another member, in milliseconds. */
const handOverMs = 5000

/** How long to wait for a stage that was told to stop, in milliseconds: it may ignore that. */
const deafMs = 2000

/** Lets partitions finish their work, for at most `limitMs`. */
async function finish(held: readonly Held[], limitMs: number): Promise<void> {
  const ended = Promise.allSettled(held.flatMap(({ work, ended }) => [work.drain(), ended]))
  if ((await within(limitMs, ended)) || held.length === 0) return
  for (const { work, claim } of held) {
    work.drop()
    // A commit that waits for a broker to return ends only with its claim.
    void claim.release()
  }
  await within(deafMs, ended)
}

/** Whether something ends within `limitMs` milliseconds. */
async function within(limitMs: number, ending: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  const late: Promise<boolean> = sleep(limitMs, false, { signal: over.signal }).catch(() => false)
  const inTime = await race<Promise<boolean>[]>([ending.then(() => true), late])
  over.abort()
  return inTime
}

/** A running node of the pipeline: it joins its group and processes the partitions that it is assigned. */
export class NodeRun implements Assignee {
  readonly #held = new Map<number, Held>()
  readonly #context: NodeContext
  readonly #shared: Runner | null
  #membership: Membership | null = null
  #stopping = false

  constructor(
    readonly node: Node,
    private readonly run: NodeRunOptions,
  ) {
    this.#context = {
      node: node.name,
      onDeadLetter: node.onDeadLetter,
      log: run.log,
      deadLetters: run.deadLetters,
      counters: counters(),
      permits: new Semaphore(run.concurrency),
      window: run.window,
      moved: run.moved,
      report: run.report,
      failFast: run.failFast,
      brake: new Brake(node.name, run.brake, run.report),
    }
    // Folds are started here too, although each partition starts one more: wrong options are reported at once.
    const runner = node.start(run.options, run.capabilities)
    this.#shared = runner.kind === 'each' ? runner : null
  }

  async join(): Promise<void> {
    this.#membership = await this.run.log.join(this.node.name, this.node.from.name, this)
  }

  assigned(claim: Claim): void {
    const { partition } = claim
    const trouble = new PartitionTrouble({ node: this.node.name, partition }, this.run.report)
    const context = { ...this.#context, trouble }
    const { failFast } = this.run
    const begin = (watched: Claim): PartitionWork => this.#begin(context, watched)
    const work = new SupervisedPartition(claim, { trouble, begin, failFast })
    const ended = work.run().catch((error: unknown) => {
      if (!this.#stopping && this.#held.get(claim.partition)?.claim === claim) this.run.failed(error)
    })
    this.#held.set(claim.partition, { work, claim, ended })
    this.#tell('assigned', claim)
    this.run.moved()
  }

  lost(claim: Claim): void {
    const held = this.#held.get(claim.partition)
    if (held?.claim !== claim) return
    this.#held.delete(claim.partition)
    held.work.drop()
    this.#tell('lost', claim)
    this.run.moved()
    // If processes share a group's partitions, this one moves to another process and the rest stay; otherwise another
    // process has started the same work, and this run has nothing left to do.
    if (this.run.log.features.sharesPartitions || this.#stopping) return
    const where = `${claim.topic}/${claim.partition}`
    this.run.failed(new SteerflowError('STEERFLOW_FENCED', `${this.node.name} lost ${where} to another run`))
  }

  async revoked(claim: Claim): Promise<void> {
    const held = this.#held.get(claim.partition)
    if (held?.claim !== claim) return
    await finish([held], handOverMs)
    if (this.#held.get(claim.partition) === held) this.#held.delete(claim.partition)
    this.#tell('lost', claim)
    this.run.moved()
  }

  failed(error: Error): void {
    if (!this.#stopping) this.run.failed(error)
  }

  status(): NodeStatus {
    const partitions = [...this.#held.values()].map(({ work }) => work.status())
    const { counters, brake } = this.#context
    return { node: this.node.name, counters, partitions, late: brake.recent }
  }

  /** Closes the open groups of a closing fold; records of an `each` node wait for no others any more. */
  cut(): void {
    for (const { work } of this.#held.values()) work.cut('idle')
  }

  /** Tells a lasting fold that the sources are idle; returns whether it is at rest and published nothing. */
  async idle(idle: Idle): Promise<boolean> {
    const atRest = await Promise.all([...this.#held.values()].map(({ work }) => work.idle(idle)))
    return !atRest.includes(false)
  }

  /** Drains for at most `limitMs`, then gives every partition back. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true
    await finish([...this.#held.values()], limitMs)
    await this.#membership?.leave()
  }

  #tell(event: 'assigned' | 'lost', { partition, committed }: Claim): void {
    this.run.report({ event, node: this.node.name, partition, offset: String(committed) })
  }

  #begin(context: PartitionContext, claim: Claim): PartitionWork {
    if (this.#shared?.kind === 'each') return new EachPartition(context, this.#shared, claim)
    const runner = this.node.start(this.run.options, this.run.capabilities)
    if (runner.kind === 'closing') return new ClosingPartition(context, runner, claim)
    if (runner.kind === 'lasting') return new LastingPartition(context, runner, claim)
    return new EachPartition(context, runner, claim)
  }
}
