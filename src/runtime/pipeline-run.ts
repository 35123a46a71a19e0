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
  /** When nodes stop making dead letters. */
  readonly brake?: BrakeSettings
  /** Whether all that is under way only waits for what other nodes make. */
  readonly onlyWaits?: () => boolean
  /** The first failure of a partition stops the run; otherwise the partition is paused, and tried again. */
  readonly failFast?: boolean
  /** How long a stop waits for what is in flight. */
  readonly drainMs?: number
}

/** Window of a partition unless told otherwise: enough for two commits, one of them under way. */
const windowRecords = 2048
/** How long a stop waits, in milliseconds: where others wait for the partitions, less. */
const drainMs = { shared: 2500, alone: 10_000 }
/** So long others must have committed nothing before they are taken to be at a dead end, too. */
const othersMs = 300_000
/** So long what is under way must only have waited for others. */
const waitsMs = 10_000
/** Pause between two retentions. */
const retainMs = 60_000

/** The pipeline, or some nodes of it, at work on a log. */
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

  /** Where every node stands. */
  status(): readonly NodeStatus[] {
    return this.#nodes.map(node => node.status())
  }

  /**
   * Asks for an orderly end: what is in flight is committed, open groups are left to the next run.
   * @param drainMs how long that may take, in milliseconds; left out: as long as a stop may
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

  /** What is to be done now and then; whether everything is done. */
  async #round(): Promise<boolean> {
    if (this.options.untilIdle && (await this.#look())) return true
    if (performance.now() - this.#retained > retainMs) {
      this.#retained = performance.now()
      await this.options.log.retain?.(surelyNow())
    }
    return false
  }

  /** One look; whether everything is done. */
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
   * Judges the nodes' standings; null when something moved meanwhile, so that the picture is of no single moment. What
   * others publish is seen by the ends, which must be the same behind the picture as in it.
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

  /** What has stood still for long: what others commit, and what is under way here and only waits. */
  #stand(standings: readonly Standing[]): { readonly others: boolean; readonly waits: boolean } {
    const now = performance.now()
    const committed = standings.map(({ elsewhere }) => elsewhere)
    if (!isDeepStrictEqual(committed, this.#others.committed)) this.#others = { committed, since: now }
    if (this.#here.moves !== this.#moves || !this.options.onlyWaits?.()) this.#here = { moves: this.#moves, since: now }
    return { others: now - this.#others.since > othersMs, waits: now - this.#here.since > waitsMs }
  }

  /** The end of each partition of every topic that is read here. */
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
