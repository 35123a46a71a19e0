import { setTimeout as sleep } from 'node:timers/promises'
import { asSteerflowError } from '../../domain/errors.js'
import { type Capabilities } from '../../stages/needs.js'
import { type Node } from '../../stages/bind.js'
import { type Report } from '../../runtime/events.js'
import { PipelineRun } from '../../runtime/pipeline-run.js'
import { unlessAway } from '../../runtime/retry.js'
import { deadLetters } from '../../topics.js'
import { nodeOptions } from '../config.js'
import { type LiveRow, liveRow } from '../render/live.js'
import { type Workspace } from '../workspace.js'

export interface RunRequest {
  readonly workspace: Workspace
  readonly nodes: readonly Node[]
  readonly capabilities: Capabilities
  /** Records that a node may have under way now, by its stage, where it asks models and pays for its calls. */
  readonly underWay: Readonly<Record<string, () => number>>
  readonly untilIdle: boolean
  /** Takes sources in beside the nodes; aborted with the run. */
  readonly sources: (signal: AbortSignal) => Promise<void>
  /** Looks on, a few times a second. What it throws stops the run. */
  readonly watch: (rows: readonly LiveRow[]) => void | Promise<void>
  readonly report: Report
  /** Ends the run in good order. */
  readonly signal: AbortSignal
}

/** Pause between two looks, in milliseconds; where a look costs more, longer. */
const watchMs = 250

/**
 * Records of one partition between reading and commit. Of a node that pays for its calls a crash repeats most of them;
 * others may take enough for two commits.
 */
export const [costlyWindow, cheapWindow] = [256, 2048]

/** Runs nodes and sources together. Resolves when the run has ended, with the records that it committed. */
export async function runPipeline(request: RunRequest): Promise<{ readonly committed: number }> {
  const { workspace, nodes } = request
  const stop = new AbortController()
  let sourcesEnded = false
  let failure: unknown = null
  const run = new PipelineRun({
    log: workspace.log,
    nodes,
    deadLetters: deadLetters.name,
    capabilities: request.capabilities,
    options: node => nodeOptions(workspace.config, node),
    concurrency: ({ stage }) => request.underWay[stage]?.() ?? 64,
    window: ({ stage }) => (request.underWay[stage] ? costlyWindow : cheapWindow),
    sourcesEnded: () => sourcesEnded,
    untilIdle: request.untilIdle,
    report: request.report,
  })
  const end = (error?: unknown): void => {
    failure ??= error ?? null
    stop.abort()
    run.stop()
  }
  const interrupted = (): void => end()
  request.signal.addEventListener('abort', interrupted)
  const sources = request.sources(stop.signal).then(() => (sourcesEnded = true), end)
  const watching = watch(request, run, stop.signal).catch(end)
  try {
    await run.run()
  } finally {
    stop.abort()
    request.signal.removeEventListener('abort', interrupted)
    await Promise.all([sources, watching])
  }
  if (failure) throw asSteerflowError(failure)
  return { committed: run.status().reduce((sum, { counters }) => sum + counters.in, 0) }
}

async function watch({ workspace, nodes, watch }: RunRequest, run: PipelineRun, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await unlessAway(async () => {
      const rows: LiveRow[] = []
      for (const [index, status] of run.status().entries()) {
        const states = await workspace.log.state(nodes[index]!.from.name)
        const ends = states.map(state => state.end)
        rows.push(liveRow(status, ends))
      }
      await watch(rows)
    }, undefined)
    await sleep(Math.max(watchMs, workspace.log.features.pollMs), undefined, { signal }).catch(() => undefined)
  }
}
