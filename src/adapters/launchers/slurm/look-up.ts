import { SteerflowError } from '../../../domain/errors.js'
import { accounted, queued, type SlurmJob } from './commands.js'
import { meaningOf } from './states.js'

/** What is known of a job. */
export interface LookedUp {
  /** Null when neither command knows it. */
  readonly job: SlurmJob | null
  /** Whether that can be relied on: not where the controller has forgotten the job and accounting has no end of it (yet). */
  readonly certain: boolean
}

/**
 * A job by its name, and its id where that is known: what the controller says is newer than what accounting says.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE when one of the two does not answer: then nothing is known.
 */
export async function lookUp(name: string, id: string | null, since: Date): Promise<LookedUp> {
  const ours = (jobs: readonly SlurmJob[]) => jobs.findLast(job => id === null || job.id === id) ?? null
  const now = ours(await queued(name))
  if (now !== null) return { job: now, certain: true }
  const then = ours(await accountedIfAny(name, since))
  return { job: then, certain: then !== null && !['waiting', 'running'].includes(meaningOf(then.state)) }
}

/** Nothing where the cluster keeps no accounts. */
async function accountedIfAny(name: string, since: Date): Promise<readonly SlurmJob[]> {
  try {
    return await accounted(name, since)
  } catch (thrown) {
    if (thrown instanceof SteerflowError && /disabled/i.test(thrown.message)) return []
    throw thrown
  }
}
