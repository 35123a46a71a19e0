import type { JobEvent, JobState } from './job.js'

/** What may follow a state. A job ends in a state that only a retry (`requested` with its attempt kept) leaves. */
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

/** Jobs that were begun and have not ended. */
export const isUnderWay = (state: JobState): boolean => ['launching', 'launched', 'running'].includes(state)

/** Jobs that something is still to happen to. */
export const isOpen = (state: JobState): boolean => state === 'requested' || isUnderWay(state)

/**
 * Whether an event moves a job on. What does not is no error: two decisions may ask for the same job, since a snapshot
 * that did not change has the same name; the second request says nothing new.
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
