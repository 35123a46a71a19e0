import type { JobEvent, JobState } from './job.js'

/** The states that may follow each state. A job that has ended is only left by a retry (`requested`, same attempt). */
const next: Readonly<Record<JobState, readonly JobState[]>> = {
  refused: ['refused', 'requested'],
  requested: ['rendered', 'launching', 'failed', 'cancelled'],
  rendered: [],
  launching: ['launched', 'failed', 'unknown'],
  launched: ['running', 'succeeded', 'failed', 'cancelled', 'unknown'],
  running: ['succeeded', 'failed', 'cancelled', 'unknown'],
  succeeded: [],
  failed: ['requested'],
  cancelled: ['requested'],
  unknown: ['requested'],
}

/** Whether a job has begun and not ended. */
export const isUnderWay = (state: JobState): boolean => ['launching', 'launched', 'running'].includes(state)

/** Whether something is still to happen to a job. */
export const isOpen = (state: JobState): boolean => state === 'requested' || isUnderWay(state)

/**
 * Whether an event changes the state of a job. An event that does not is no error: two decisions may request the same job,
 * because an unchanged snapshot has the same name, and then the second request says nothing new.
 */
export function advances(known: JobEvent | undefined, event: JobEvent): boolean {
  if (known === undefined) return event.state === 'requested' || event.state === 'refused'
  if (!next[known.state].includes(event.state)) return false
  return event.attempt === (event.state === 'launching' ? known.attempt + 1 : known.attempt)
}

/** The state of every job after these events, in the order in which the jobs were first decided on. */
export function jobStates(events: readonly JobEvent[]): ReadonlyMap<string, JobEvent> {
  const jobs = new Map<string, JobEvent>()
  for (const event of events) if (advances(jobs.get(event.job), event)) jobs.set(event.job, event)
  return jobs
}
