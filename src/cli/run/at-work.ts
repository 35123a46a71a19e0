import type { Logger } from 'pino'
import type { Waits } from '../../runtime/waits.js'
import type { Session } from '../command.js'
import { type Config, endpointsOf } from '../config.js'
import {
  askedOf,
  configChecks,
  launchChecks,
  refuseContradictions,
  refuseData,
  sampleChecks,
} from '../doctor/contradictions.js'
import { waitsOf } from '../log/run-waits.js'
import { clientReportTo, endpointsReportTo, reportTo } from '../logger.js'
import { Live } from '../render/live.js'
import type { LiveRow } from '../render/live-row.js'
import { waitsNote } from '../render/waits.js'
import { openWorkspace, type Workspace } from '../workspace.js'
import { type Opened, openCapabilities } from './capabilities.js'
import { Closers } from './closers.js'
import { collectEarly } from './heap.js'
import { interrupts } from './interrupts.js'
import { runPipeline, type RunRequest, type RunResult } from './run-pipeline.js'
import { onDoubt, serverRefusal, valueModelChecks } from './server-refusal.js'
import { stuckWatch, watching } from './stuck.js'
import { tidied } from './tidied.js'

/** A command's request to the pipeline. */
interface NodesRequest extends Pick<RunRequest, 'nodes' | 'untilIdle' | 'adopt' | 'failFast' | 'sources'> {
  /** Text after the rows of the display. */
  readonly note: (rows: readonly LiveRow[], opened: Opened) => string
}

/** A pipeline that is ready to run: its workspace, the capabilities of its stages, and the display. */
export interface AtWork {
  readonly workspace: Workspace
  readonly waits: Waits
  readonly live: Live
  /** Stops the work cleanly. */
  readonly signal: AbortSignal
  /**
   * Runs nodes until they are idle, if requested, or until a signal. @throws the errors of the stuck watch and of refusing
   * servers
   */
  readonly runNodes: (request: NodesRequest) => Promise<RunResult>
}

interface AtWorkOptions {
  readonly session: Session
  readonly config: Config
  readonly logger: Logger
  /** True if the command launches jobs; their prerequisites are then checked too. */
  readonly launches: boolean
  /** Limit on an outage of inference servers before the run ends, in milliseconds; null: no limit. */
  readonly retryFor: number | null
}

/**
 * Opens everything that `run` and `quickstart` need, calls `work`, and always closes it.
 * @throws STEERFLOW_CONFIG_INVALID for settings that contradict each other or the data, before any work starts
 */
export async function atWork<T>(
  { session, config, logger, launches, retryFor }: AtWorkOptions,
  work: (ready: AtWork) => Promise<T>,
): Promise<T> {
  collectEarly()
  const live = new Live(session, logger)
  const waits = waitsOf(session, logger, live)
  await refuseContradictions([...configChecks(config, waits), ...(launches ? launchChecks(config) : [])])
  const closers = new Closers()
  try {
    const workspace = closers.add(
      await openWorkspace(config, { begins: true, exclusive: true, report: clientReportTo(logger) }),
      one => one.close(),
    )
    const { signal } = closers.add(interrupts(), one => one.release())
    await refuseData(config, workspace.log)
    const report = reportTo(logger)
    const opened = closers.add(await openCapabilities(workspace, endpointsReportTo(logger), waits), one => one.close())
    const annotating = [endpointsOf(config, 'annotate'), askedOf(config, 'annotate')] as const
    const notRefused = serverRefusal(valueModelChecks(...annotating, () => opened.fleet.stats().endpoints))
    const samplersNotRefused = onDoubt(
      () => sampleChecks(config).map(check => ({ check, counts: () => opened.outage() !== null })),
      () => opened.outage(),
    )
    const notStuck = stuckWatch(workspace, watching(opened, retryFor))
    const { capabilities, underWay } = opened
    return await work({
      workspace,
      waits,
      live,
      signal,
      runNodes: ({ note, ...request }) =>
        runPipeline({
          ...request,
          workspace,
          capabilities: { ...capabilities, snapshots: tidied(workspace, capabilities.snapshots, logger) },
          underWay,
          watch: async watched => {
            const { rows } = watched
            live.show(rows, [note(rows, opened), waitsNote(opened.stands())].filter(Boolean).join('  '))
            notRefused()
            samplersNotRefused()
            if (request.untilIdle) await notStuck(watched)
          },
          report,
          onlyWaits: () => opened.waits().length > 0 && opened.calls() === 0,
          signal,
        }),
    })
  } finally {
    await closers.close()
  }
}
