import type { JobEvent } from './job.js'
import { advances, isUnderWay } from './job-states.js'

/** A job that is asked for and not begun. */
export interface WaitingJob {
  readonly job: string
  /** Tells this request from others of the same job: the offset of its record. */
  readonly request: bigint
  /** Whether a later request of its dataset has put it aside; it waits for the record that says so. */
  readonly replaced: boolean
}

/** All jobs after the events so far, and which of them is to begin when. */
export interface JobTurns {
  readonly jobs: ReadonlyMap<string, JobEvent>
  /** In the order in which they were asked for. */
  readonly waiting: readonly WaitingJob[]
  /** The last event where it moved a job on; null when it said nothing new. */
  readonly moved: JobEvent | null
  /** Jobs that the last event puts aside. */
  readonly replacing: readonly JobEvent[]
}

export const noJobs: JobTurns = { jobs: new Map(), waiting: [], moved: null, replacing: [] }

/**
 * The state after one more event, recorded at `offset`: a function of the events in their order. A request puts aside what
 * its dataset has only asked for. That takes effect with its own record, since what is put aside may begin at the same
 * moment: whichever is recorded first holds, and then the dataset has one job under way, or none.
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
 * The jobs that may begin now: of each dataset the oldest that waits, unless a job of it is under way or that one is being
 * put aside; of each launcher as many as `most` leaves room for, in the order of their requests.
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
