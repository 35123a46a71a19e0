import { SteerflowError } from '../../domain/errors.js'
import { type JobEvent } from '../../domain/job.js'
import { advances } from '../../domain/job-states.js'
import { type Log } from '../../runtime/log.js'
import { readAll } from '../../runtime/read-all.js'
import { reader } from '../../stages/bind.js'
import { jobs as topic } from '../../topics.js'

/** A step of a job with the time at which it was recorded, ISO 8601. */
export type Step = JobEvent & { readonly at: string }

/** A job in its present state, with its steps. */
export interface JobHistory {
  readonly job: Step
  /** When it was first decided on. */
  readonly since: string
  readonly steps: readonly Step[]
}

/** The histories of all jobs, in the order in which they were first decided on; what moved no job on is left out. */
export async function jobHistories(log: Log): Promise<ReadonlyMap<string, JobHistory>> {
  const read = reader(topic)
  const histories = new Map<string, JobHistory>()
  for await (const { value, timestamp } of readAll(log, topic.name)) {
    const step: Step = { ...read(value), at: new Date(timestamp).toISOString() }
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
