import type { JobEvent } from './job.js'
import { advances, isUnderWay } from './job-states.js'

/** A job that was requested and has not begun. */
export interface WaitingJob {
  readonly job: string
  /** Distinguishes this request from others for the same job: the offset of its record. */
  readonly request: bigint
  /** Whether a later request of its dataset superseded it; it then waits for the record that says so. */
  readonly replaced: boolean
}

/** All jobs after the events so far, and those that wait for their turn. */
export interface JobTurns {
  readonly jobs: ReadonlyMap<string, JobEvent>
  /** In the order of their requests. */
  readonly waiting: readonly WaitingJob[]
  /** The last event if it changed the state of a job; otherwise null. */
  readonly moved: JobEvent | null
  /** Jobs that the last event supersedes. */
  readonly replacing: readonly JobEvent[]
}

export const noJobs: JobTurns = { jobs: new Map(), waiting: [], moved: null, replacing: [] }

/**
 * The state after one more event, recorded at `offset`: a function of the events in their order. A request supersedes the
 * waiting jobs of its dataset. This takes effect with a record of its own, because such a job may begin at the same moment:
 * the event that is recorded first counts, so that the dataset has one job under way, or none.
 */
export function withJobEvent(before: JobTurns, event: JobEvent, offset: bigint): JobTurns {
  if (!advances(before.jobs.get(event.job), event)) return { ...before, moved: null, replacing: [] }
  const jobs = new Map(before.jobs).set(event.job, event)
  const others = before.waiting.filter(({ job }) => job !== event.job)
  if (event.state !== 'requested') return { jobs, waiting: others, moved: event, replacing: [] }
  const isReplaced = ({ job, replaced }: WaitingJob): boolean => !replaced && jobs.get(job)!.dataset === event.dataset
  return {
    jobs,
    waiting: [
      ...others.map(one => (isReplaced(one) ? { ...one, replaced: true } : one)),
      { job: event.job, request: offset, replaced: false },
    ],
    moved: event,
    replacing: others.filter(isReplaced).map(({ job }) => jobs.get(job)!),
  }
}

/**
 * The jobs that may begin now: the oldest waiting job of each dataset, unless another job of the dataset is under way or
 * this one is being superseded; for each launcher as many as `most` allows, in the order of their requests.
 */
export function inTurn({ jobs, waiting }: JobTurns, most: Readonly<Record<string, number>>): readonly WaitingJob[] {
  const busy = new Set<string>()
  const running = new Map<string, number>()
  const takes = ({ dataset, launcher }: JobEvent): void => {
    busy.add(dataset)
    running.set(launcher, (running.get(launcher) ?? 0) + 1)
  }
  for (const job of jobs.values()) if (isUnderWay(job.state)) takes(job)
  return waiting.filter(({ job: name, replaced }) => {
    const job = jobs.get(name)!
    if (busy.has(job.dataset)) return false
    busy.add(job.dataset)
    const room = Object.hasOwn(most, job.launcher) ? most[job.launcher]! - (running.get(job.launcher) ?? 0) : 1
    if (replaced || room <= 0) return false
    takes(job)
    return true
  })
}
