import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Node } from '../stages/node.js'
import type { Capabilities } from '../stages/needs.js'
import { asSteerflowError, explain } from '../domain/errors.js'
import { type BrakeSettings, defaultBrake } from './brake.js'
import { surelyNow } from './clock.js'
import type { NodeStatus } from './counters.js'
import type { Report } from './events.js'
import { type DeadEnd, deadEnd, judge, type Standing, type IdleVerdict } from './idle.js'
import type { Log } from './log.js'
import { NodeRun } from './node-run.js'
import { unlessAway } from './retry.js'

export interface PipelineRunOptions {
  readonly log: Log
  readonly nodes: readonly Node[]
  readonly deadLetters: string
  readonly capabilities: Capabilities
  /** Options of a node from the configuration. */
  readonly options: (node: Node) => unknown
  /** Maximum number of a node's records processed at once; asked again and again. */
  readonly concurrency: (node: Node) => number
  /** Maximum records of one partition of a node between reading and commit; a crash repeats the work on them. */
  readonly window?: (node: Node) => number
  /** Whether the sources have ended; idleness is only looked for then. */
  readonly sourcesEnded: () => boolean
  /** Stop when everything is done. */
  readonly untilIdle: boolean
  /** Called with events for an operator. */
  readonly report?: Report
  /** When nodes stop making dead letters. */
  readonly brake?: BrakeSettings
  /** Whether everything under way only waits for the output of other nodes. */
  readonly onlyWaits?: () => boolean
  /** The first failure of a partition stops the run; otherwise the partition is paused and retried. */
  readonly failFast?: boolean
  /** How long a stop waits for work in flight, in milliseconds. */
  readonly drainMs?: number
}

/** Default window of a partition: enough for two commits, one of them under way. */
const windowRecords = 2048
/** How long a stop waits, in milliseconds; less if other processes wait for the partitions. */
const drainMs = { shared: 2500, alone: 10_000 }
/** How long other processes must have committed nothing to count as being at a dead end too, in milliseconds. */
const othersMs = 300_000
/** How long work under way must have done nothing but wait for others, in milliseconds. */
const waitsMs = 10_000
/** Pause between two retentions. */
const retainMs = 60_000

/** A running pipeline, or some of its nodes, on a log. */
export class PipelineRun {
  readonly #nodes: readonly NodeRun[]
  readonly #stop = new AbortController()
  #moves = 0
  #retained = performance.now()
  #here = { moves: 0, since: performance.now() }
  #others: { readonly committed: readonly Standing['elsewhere'][]; readonly since: number } = {
    committed: [],
    since: performance.now(),
  }
  #failure: Error | null = null
  #drainMs: number | undefined

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
          brake: options.brake ?? defaultBrake,
          failFast: options.failFast ?? false,
          failed: error => this.#fail(node.name, error),
        }),
    )
  }

  /** The state of every node. */
  status(): readonly NodeStatus[] {
    return this.#nodes.map(node => node.status())
  }

  /**
   * Requests a clean end: work in flight is committed, open groups are left to the next run.
   * @param drainMs how long that may take, in milliseconds; if absent, as long as a stop may
   */
  stop(drainMs?: number): void {
    this.#drainMs ??= drainMs
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
      const limit =
        this.#drainMs ?? this.options.drainMs ?? (features.sharesPartitions ? drainMs.shared : drainMs.alone)
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

  /** Does the periodic work; returns whether everything is done. */
  async #round(): Promise<boolean> {
    if (this.options.untilIdle && (await this.#look())) return true
    if (performance.now() - this.#retained > retainMs) {
      this.#retained = performance.now()
      await this.options.log.retain?.(surelyNow())
    }
    return false
  }

  /** Looks once; returns whether everything is done. */
  async #look(): Promise<boolean> {
    if (!this.options.sourcesEnded()) return false
    const moves = this.#moves
    const verdict = await this.#verdict()
    if (!verdict) return false
    if (verdict.deadEnd) this.#fail(verdict.deadEnd.node, verdict.deadEnd.error)
    for (const node of this.#nodes) if (verdict.cut.includes(node.node.name)) node.cut()
    if (verdict.cut.length > 0) return false
    const atRest = await Promise.all(this.#nodes.map(node => node.idle({ sealed: verdict.sealed, now: Date.now() })))
    return verdict.idle && !atRest.includes(false) && moves === this.#moves
  }

  /**
   * Judges the states of the nodes; null if something moved meanwhile, so that they are not of a single moment. Publications
   * of other processes show in the ends, which must be the same afterwards.
   */
  async #verdict(): Promise<(IdleVerdict & { readonly deadEnd: DeadEnd | null }) | null> {
    const moves = this.#moves
    const { log } = this.options
    const ends = await this.#ends()
    const standings: Standing[] = []
    for (const run of this.#nodes) {
      const { name, stage, from, to, onDeadLetter } = run.node
      const elsewhere = log.features.sharesPartitions ? { elsewhere: await log.committed(name, from.name) } : {}
      const node = {
        name,
        kind: stage.kind,
        from: from.name,
        to: [...Object.values(to), ...(onDeadLetter ? [onDeadLetter.to] : [])].map(topic => topic.name),
      }
      standings.push({ node, status: run.status(), ends: ends.get(from.name)!, ...elsewhere })
    }
    const verdict = judge(standings)
    const final = verdict.idle || verdict.sealed.length > 0
    if (final && !isDeepStrictEqual(await this.#ends(), ends)) return null
    if (moves !== this.#moves) return null
    const ending = verdict.cut.length > 0 ? null : deadEnd(standings, this.#stand(standings))
    return { ...verdict, deadEnd: ending }
  }

  /** What has stood still for long: the commits of other processes, and the work here that only waits. */
  #stand(standings: readonly Standing[]): { readonly others: boolean; readonly waits: boolean } {
    const now = performance.now()
    const committed = standings.map(({ elsewhere }) => elsewhere)
    if (!isDeepStrictEqual(committed, this.#others.committed)) this.#others = { committed, since: now }
    if (this.#here.moves !== this.#moves || !this.options.onlyWaits?.()) this.#here = { moves: this.#moves, since: now }
    return { others: now - this.#others.since > othersMs, waits: now - this.#here.since > waitsMs }
  }

  /** The end of each partition of every input topic. */
  async #ends(): Promise<ReadonlyMap<string, readonly bigint[]>> {
    const ends = new Map<string, readonly bigint[]>()
    for (const { node } of this.#nodes) {
      const { name } = node.from
      if (!ends.has(name))
        ends.set(
          name,
          (await this.options.log.state(name)).map(state => state.end),
        )
    }
    return ends
  }
}
