import { setTimeout as sleep } from 'node:timers/promises'
import { asSteerflowError } from '../../domain/errors.js'
import { nodesFile } from '../../adapters/workers/nodes-file.js'
import { workersFolder } from '../../adapters/workers/report-file.js'
import type { Capabilities } from '../../stages/needs.js'
import type { Node } from '../../stages/node.js'
import type { Report } from '../../runtime/events.js'
import { PipelineRun } from '../../runtime/pipeline-run.js'
import { unlessAway } from '../../runtime/retry.js'
import { deadLetters } from '../../topics.js'
import { nodeOptions } from '../node-options.js'
import { type LiveRow, liveRow } from '../render/live-row.js'
import type { Workspace } from '../workspace.js'
import { nodeCounts, type NodeCounts } from './node-counts.js'
import { ownStore } from './own-store.js'
import type { WatchedRun } from './stuck.js'

export interface RunRequest {
  readonly workspace: Workspace
  readonly nodes: readonly Node[]
  readonly capabilities: Capabilities
  /** Current limit on records in flight, by stage, for stages that call models. */
  readonly underWay: Readonly<Record<string, () => number>>
  readonly untilIdle: boolean
  /** True to make this worker's store the deployment's store, replacing any other. */
  readonly adopt?: boolean
  /** Ingests sources while the nodes run; aborted with the run. */
  readonly sources: (signal: AbortSignal) => Promise<void>
  /** Called a few times a second. An exception stops the run. */
  readonly watch: (watched: WatchedRun) => void | Promise<void>
  readonly report: Report
  /** True to end the run at the first failure of a partition. */
  readonly failFast?: boolean
  /** True if everything in flight only waits for the output of other nodes. */
  readonly onlyWaits?: () => boolean
  /** Stops the run cleanly. */
  readonly signal: AbortSignal
}

/** Interval of the watch, in milliseconds; longer if polling the log costs more. */
const watchMs = 250
/** Interval of this process's status reports, in milliseconds. */
const reportMs = 1000

/** Time to finish records in flight after the watch ends a run, in milliseconds. */
const watchedMs = 1_000

/**
 * Limit on uncommitted records per partition. Small for nodes whose calls cost money, because a crash repeats those calls;
 * the others get two commits' worth.
 */
export const [costlyWindow, cheapWindow] = [256, 2048]

/** Result of a run: committed records, in total and by node. */
export interface RunResult {
  readonly committed: number
  readonly nodes: readonly NodeCounts[]
}

/** Runs nodes and sources concurrently. Resolves when the run has ended. */
export async function runPipeline(request: RunRequest): Promise<RunResult> {
  const { workspace, nodes } = request
  await ownStore(workspace, nodes, request.adopt ?? false)
  const stop = new AbortController()
  let sourcesEnded = false
  let failure: unknown = null
  const run = new PipelineRun({
    log: workspace.log,
    nodes,
    deadLetters: deadLetters.name,
    capabilities: request.capabilities,
    options: node => nodeOptions(workspace.config, node),
    concurrency: ({ stage }) => request.underWay[stage.name]?.() ?? 64,
    window: ({ stage }) => (request.underWay[stage.name] ? costlyWindow : cheapWindow),
    sourcesEnded: () => sourcesEnded,
    untilIdle: request.untilIdle,
    report: request.report,
    brake: workspace.config.deadLetters,
    failFast: request.failFast ?? false,
    ...(request.onlyWaits && { onlyWaits: request.onlyWaits }),
  })
  const end = (error?: unknown, drainMs?: number): void => {
    failure ??= error ?? null
    stop.abort()
    run.stop(drainMs)
  }
  const interrupted = (): void => end()
  request.signal.addEventListener('abort', interrupted)
  const sources = request.sources(stop.signal).then(
    () => (sourcesEnded = true),
    (error: unknown) => end(error),
  )
  // The watch fails when nothing moves any more, so there is little to finish.
  const watching = watch(request, run, () => sourcesEnded, stop.signal).catch((error: unknown) => end(error, watchedMs))
  try {
    await run.run()
  } finally {
    stop.abort()
    request.signal.removeEventListener('abort', interrupted)
    await Promise.all([sources, watching])
  }
  if (failure) throw asSteerflowError(failure)
  const statuses = run.status()
  return {
    committed: statuses.reduce((sum, { counters }) => sum + counters.in, 0),
    nodes: statuses.map(nodeCounts).filter(one => one.in + one.out + one.deadLettered > 0),
  }
}

/** Calls the watch regularly. An unavailable log is waited for; an exception of the watch itself is final. */
async function watch(
  { workspace, nodes, watch }: RunRequest,
  run: PipelineRun,
  sourcesEnded: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const look = async (): Promise<readonly LiveRow[]> => {
    const rows: LiveRow[] = []
    for (const [index, status] of run.status().entries()) {
      const { from, stage } = nodes[index]!
      const states = await workspace.log.state(from.name)
      const ends = states.map(state => state.end)
      rows.push(liveRow(status, stage.name, ends))
    }
    return rows
  }
  const file = nodesFile(workersFolder(workspace.root))
  const report = (): void => file.write(run.status())
  report()
  // On its own timer, so that reports do not depend on a slow log.
  const reporting = setInterval(report, reportMs)
  try {
    while (!signal.aborted) {
      const rows = await unlessAway(look, null)
      if (rows) await watch({ rows, sourcesEnded: sourcesEnded() })
      await sleep(Math.max(watchMs, workspace.log.features.pollMs), undefined, { signal }).catch(() => undefined)
    }
  } finally {
    clearInterval(reporting)
    file.remove()
  }
}
