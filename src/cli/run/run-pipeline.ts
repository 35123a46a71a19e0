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
  /** Records that a node may have under way now, by its stage, where it asks models and pays for its calls. */
  readonly underWay: Readonly<Record<string, () => number>>
  readonly untilIdle: boolean
  /** Whether the store of this worker becomes the deployment's, whatever it was before. */
  readonly adopt?: boolean
  /** Takes sources in beside the nodes; aborted with the run. */
  readonly sources: (signal: AbortSignal) => Promise<void>
  /** Looks on, a few times a second. What it throws stops the run. */
  readonly watch: (watched: WatchedRun) => void | Promise<void>
  readonly report: Report
  /** The first failure of a partition ends the run. */
  readonly failFast?: boolean
  /** Whether all that is under way only waits for what other nodes make. */
  readonly onlyWaits?: () => boolean
  /** Ends the run in good order. */
  readonly signal: AbortSignal
}

/** Pause between two looks, in milliseconds; where a look costs more, longer. */
const watchMs = 250
/** Milliseconds between two reports that this process is at work. */
const reportMs = 1000

/** How long a run that its watch ends may finish what is under way, in milliseconds. */
const watchedMs = 1_000

/**
 * Records of one partition between reading and commit. Of a node that pays for its calls a crash repeats most of them;
 * others may take enough for two commits.
 */
export const [costlyWindow, cheapWindow] = [256, 2048]

/** What a run did: records that it committed, in all and node by node. */
export interface RunResult {
  readonly committed: number
  readonly nodes: readonly NodeCounts[]
}

/** Runs nodes and sources together. Resolves when the run has ended. */
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
  // What a watch concludes is that nothing moves any more: there is little to be finished.
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

/** A log that is away is waited for; what the watch itself throws is a conclusion, whatever its kind. */
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
  // By itself: that this process is at work is told, however long the log takes to answer.
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
