import { openJobRunners } from '../../adapters/launchers/runners.js'
import { SteerflowError } from '../../domain/errors.js'
import { type JobEvent } from '../../domain/job.js'
import { isOpen } from '../../domain/job-states.js'
import { encode } from '../../stages/bind.js'
import { jobs as topic } from '../../topics.js'
import { type Workspace } from '../workspace.js'

/**
 * Ends a job. One that was launched is ended by its launcher, and the node that waits for it records that; of one that was
 * only asked for it is recorded here, and it is not launched any more.
 * @throws STEERFLOW_USAGE when there is nothing to cancel.
 */
export async function cancelJob({ config, root, log }: Workspace, job: JobEvent): Promise<void> {
  const nothing = new SteerflowError('STEERFLOW_USAGE', `${job.job} is ${job.state}: nothing to cancel`)
  if (!isOpen(job.state)) throw nothing
  if (job.state === 'requested') {
    await log.publish([encode(topic, { ...job, state: 'cancelled', detail: 'cancelled before it was launched' })])
    return
  }
  const runner = openJobRunners(root, config.launchers).runner(job.launcher)
  if (runner.rendersOnly) throw nothing
  await runner.cancel(job)
}
