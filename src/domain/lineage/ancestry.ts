import type { Decision, JobEvent, Snapshot } from '../job.js'
import type { ModelRecord } from '../model.js'
import { knownModel, type KnownModel } from './trace.js'

/** The origin of a model or a snapshot: the snapshot, the jobs on it with their decisions, and their models. */
export interface Ancestry {
  readonly snapshot: Snapshot
  readonly jobs: readonly { readonly job: string; readonly state: string; readonly decision: Decision }[]
  readonly models: readonly KnownModel[]
}

/**
 * The ancestry of a model (by name or digest), a job (by name) or a snapshot (by digest); null if nothing has that name.
 * `jobs` in their last states, `models` the records of the registry.
 */
export function ancestryOf(name: string, jobs: readonly JobEvent[], models: readonly ModelRecord[]): Ancestry | null {
  const model = models.find(one => one.model === name || one.digest === name)
  const digest = model?.snapshot ?? name
  const own = jobs.filter(({ job, snapshot }) => snapshot.digest === digest || job === name || job === model?.job)
  const [first] = own
  if (!first) return null
  const { snapshot } = first
  const made = new Set(models.filter(one => one.snapshot === snapshot.digest).map(one => one.digest))
  return {
    snapshot,
    jobs: own.map(({ job, state, decision }) => ({ job, state, decision })),
    models: [...made].map(one => knownModel(one, models)),
  }
}
