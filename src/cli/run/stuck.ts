import { SteerflowError } from '../../domain/errors.js'
import { type JobEvent } from '../../domain/job.js'
import { isOpen } from '../../domain/job-states.js'
import { jobs as topic } from '../../topics.js'
import { type LiveRow } from '../render/live.js'
import { latestJobs } from '../summary/collect.js'
import { type Workspace } from '../workspace.js'

/** How long nothing but waiting may go on. */
const patienceMs = 10_000

/**
 * Watches a run that is to end by itself for what would keep it from ending: a training job that failed, and turns that
 * wait for a value model which nobody is making.
 * @param hasValueModel whether there is a model to ask now
 */
export function stuckWatch({ log }: Workspace, hasValueModel: () => Promise<boolean>) {
  let since: number | null = null
  let known = { end: -1n, jobs: [] as readonly JobEvent[] }
  /** Read anew only when the topic has grown: a run is watched several times a second. */
  const jobsNow = async (): Promise<readonly JobEvent[]> => {
    const end = (await log.state(topic.name)).reduce((sum, state) => sum + state.end, 0n)
    if (end !== known.end) known = { end, jobs: await latestJobs(log) }
    return known.jobs
  }
  return async (rows: readonly LiveRow[], now = Date.now()): Promise<void> => {
    const jobs = await jobsNow()
    const failed = jobs.find(({ state }) => state === 'failed' || state === 'unknown')
    if (failed) throw new SteerflowError('STEERFLOW_JOB_FAILED', `${failed.job}: ${failed.detail ?? failed.state}`)
    const others = rows.filter(row => row.node !== 'annotate' && row.node !== 'seal-scored')
    const waiting = rows.some(row => row.node === 'annotate' && row.inFlight > 0)
    const idle = others.every(row => row.behind + row.inFlight + row.held === 0) && !jobs.some(job => isOpen(job.state))
    if (!waiting || !idle || (await hasValueModel())) since = null
    else since ??= now
    if (since === null || now - since < patienceMs) return
    throw new SteerflowError(
      'STEERFLOW_OUTAGE',
      'conversations wait for a value model, and no job makes one: set annotate.endpoints, or a trainer for value-model',
    )
  }
}
