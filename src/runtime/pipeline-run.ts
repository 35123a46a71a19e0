import { setTimeout as sleep } from 'node:timers/promises'
import { type Node } from '../stages/bind.js'
import { type Capabilities } from '../stages/needs.js'
import { asSteerflowError, explain } from '../domain/errors.js'
import { type NodeStatus } from './counters.js'
import { type Report } from './events.js'
import { judge, type Standing, type Verdict } from './idle.js'
import { type Log } from './log.js'
import { NodeRun } from './node-run.js'
import { unlessAway } from './retry.js'

export interface PipelineRunOptions {
  readonly log: Log
  readonly nodes: readonly Node[]
  readonly deadLetters: string
  readonly capabilities: Capabilities
  /** Options of a node from the configuration. */
  readonly options: (node: Node) => unknown
  /** Records of a node worked on at the same time; asked again and again. */
  readonly concurrency: (node: Node) => number
  /** Records of one partition of a node between reading and commit; those of a slow node are worked on again after a crash. */
  readonly window?: (node: Node) => number
  /** Whether the sources have ended: then, and only then, idleness is looked for. */
  readonly sourcesEnded: () => boolean
  /** Stop when everything is done. */
  readonly untilIdle: boolean
  /** Told of what an operator wants to know. */
  readonly report?: Report
  /** How long a stop waits for what is in flight. */
  readonly drainMs?: number
}

/** Window of a partition unless told otherwise: enough for two commits, one of them under way. */
const windowRecords = 2048
/** How long a stop waits, in milliseconds: where others wait for the partitions, less. */
const drainMs = { shared: 2500, alone: 10_000 }
/** Pause between two retentions. */
const retainMs = 60_000

/** The pipeline, or some nodes of it, at work on a log. */
export class PipelineRun {
  readonly #nodes: readonly NodeRun[]
  readonly #stop = new AbortController()
  #moves = 0
  #retained = Date.now()
  #failure: Error | null = null

  constructor(private readonly options: PipelineRunOptions) {
    this.#nodes = options.nodes.map(
      node =>
        new NodeRun(node, {
          log: options.log,
          deadLetters: options.deadLetters,
          capabilities: options.capabilities,
          options: options.options(node),
          concurrency: () => options.concurrency(node),
          window: options.window?.(node) ?? windowRecords,
          moved: () => this.#moves++,
          report: event => options.report?.(event),
          failed: error => this.#fail(node.name, error),
        }),
    )
  }

  /** Where every node stands. */
  status(): readonly NodeStatus[] {
    return this.#nodes.map(node => node.status())
  }

  /** Asks for an orderly end: what is in flight is committed, open groups are left to the next run. */
  stop(): void {
    this.#stop.abort()
  }

  /**
   * Runs until stopped, or until everything is idle. Resolves after the drain.
   * @throws the SteerflowError that stopped it; nothing is acknowledged after it.
   */
  async run(): Promise<void> {
    const { features } = this.options.log
    try {
      for (const node of this.#nodes) await node.join()
      while (!this.#stop.signal.aborted && !(await unlessAway(() => this.#round(), false)))
        await sleep(features.pollMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    } finally {
      const limit = this.options.drainMs ?? (features.sharesPartitions ? drainMs.shared : drainMs.alone)
      await Promise.all(this.#nodes.map(node => node.stop(limit)))
    }
    if (this.#failure) throw this.#failure
  }

  #fail(node: string, thrown: unknown): void {
    const error = asSteerflowError(thrown)
    this.options.report?.({ event: 'failed', node, code: error.code, cause: explain(error) })
    this.#failure ??= error
    this.stop()
  }

  /** What is to be done now and then; whether everything is done. */
  async #round(): Promise<boolean> {
    if (this.options.untilIdle && (await this.#look())) return true
    if (Date.now() - this.#retained > retainMs) {
      this.#retained = Date.now()
      await this.options.log.retain?.(this.#retained)
    }
    return false
  }

  /** One look; whether everything is done. */
  async #look(): Promise<boolean> {
    if (!this.options.sourcesEnded()) return false
    const verdict = await this.#verdict()
    if (!verdict) return false
    for (const node of this.#nodes) if (verdict.cut.includes(node.node.name)) node.cut()
    if (verdict.cut.length > 0) return false
    const told = await Promise.all(this.#nodes.map(node => node.idle({ sealed: verdict.sealed, now: Date.now() })))
    return verdict.idle && !told.includes(true)
  }

  /** Judges the nodes' standings; null when something moved meanwhile, so that the picture is of no single moment. */
  async #verdict(): Promise<Verdict | null> {
    const moves = this.#moves
    const { log } = this.options
    const standings: Standing[] = []
    for (const run of this.#nodes) {
      const { name, groups, from, to, lost } = run.node
      const ends = (await log.state(from.name)).map(state => state.end)
      const elsewhere = log.features.sharesPartitions ? { elsewhere: await log.committed(name, from.name) } : {}
      const node = {
        name,
        groups,
        from: from.name,
        to: [...Object.values(to), ...(lost ? [lost.to] : [])].map(topic => topic.name),
      }
      standings.push({ node, status: run.status(), ends, ...elsewhere })
    }
    return moves === this.#moves ? judge(standings) : null
  }
}
