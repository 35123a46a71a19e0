import { openJobRunners } from '../../adapters/launchers/runners.js'
import { SteerflowError } from '../../domain/errors.js'
import type { JobEvent } from '../../domain/job.js'
import { isOpen, advances } from '../../domain/job-states.js'
import { encode } from '../../stages/node.js'
import { jobs as topic } from '../../topics.js'
import type { Workspace } from '../workspace.js'
import { isoOf } from '../render/time.js'
import type { Log } from '../../runtime/log.js'
import { readWhole } from '../../runtime/read-all.js'
import { readRecords } from '../../runtime/read-records.js'

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
  const runner = openJobRunners(root, config.launchers, config.flow.trainers).runner(job.launcher)
  if (runner.rendersOnly) throw nothing
  await runner.cancel(job)
}

/** A step of a job with the time at which it was recorded, ISO 8601. */
export type Step = JobEvent & { readonly at: string }

/** A job in its present state, with its steps. */
export interface JobHistory {
  readonly job: Step
  /** When it was first decided on. */
  readonly since: string
  readonly steps: readonly Step[]
}

/**
 * The histories of all jobs, in the order in which they were first decided on; what moved no job on is left out.
 * @param whole whether it must be certain that none is missed that is committed by now
 */
export async function jobHistories(log: Log, whole = false): Promise<ReadonlyMap<string, JobHistory>> {
  const histories = new Map<string, JobHistory>()
  for await (const { value, timestamp } of readRecords(
    log,
    topic,
    undefined,
    whole ? readWhole(log, topic.name) : undefined,
  )) {
    const step: Step = { ...value, at: isoOf(timestamp) }
    const known = histories.get(step.job)
    if (!advances(known?.job, step)) continue
    histories.set(step.job, { job: step, since: known?.since ?? step.at, steps: [...(known?.steps ?? []), step] })
  }
  return histories
}

/** One job. @throws STEERFLOW_USAGE when there is none of that name. */
export async function jobNamed(log: Log, name: string): Promise<JobHistory> {
  const history = (await jobHistories(log)).get(name)
  if (history) return history
  throw new SteerflowError('STEERFLOW_USAGE', `there is no job ${name}; see steerflow jobs list`)
}

/** A step as it was recorded. */
export const eventOf = ({ at: _, ...event }: Step): JobEvent => event
