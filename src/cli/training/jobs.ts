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
 * Cancels a job. Its launcher ends a launched job, and the node that waits for the job records that; for a job that was only
 * requested, the cancellation is recorded here, so it is never launched.
 * @throws STEERFLOW_USAGE if there is nothing to cancel
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

/** A step of a job with its recording time, ISO 8601. */
export type Step = JobEvent & { readonly at: string }

/** A job in its current state, with its steps. */
export interface JobHistory {
  readonly job: Step
  /** Time of its first decision. */
  readonly since: string
  readonly steps: readonly Step[]
}

/**
 * The histories of all jobs, in the order of their first decisions; events that do not advance a job are left out.
 * @param whole true to guarantee that everything committed so far is included
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

/** A job by its name. @throws STEERFLOW_USAGE if it does not exist */
export async function jobNamed(log: Log, name: string): Promise<JobHistory> {
  const history = (await jobHistories(log)).get(name)
  if (history) return history
  throw new SteerflowError('STEERFLOW_USAGE', `there is no job ${name}; see steerflow jobs list`)
}

/** A step as recorded. */
export const eventOf = ({ at: _, ...event }: Step): JobEvent => event
