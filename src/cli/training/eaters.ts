import { type Eaten } from '../../adapters/snapshot/find-tree.js'
import { jobStates } from '../../domain/job-states.js'
import { type JobEvent, type Snapshot } from '../../domain/job.js'
import { latestModels } from '../../domain/model-registry.js'
import { type ModelRecord } from '../../domain/model.js'

/** What was made of snapshots: the jobs that read them, as they stand, and the models that came of it. */
export interface Eaters {
  readonly jobs: readonly JobEvent[]
  readonly models: readonly ModelRecord[]
}

const of = (eaten: readonly Eaten[], dataset: string, digest: string): boolean =>
  eaten.some(({ snapshot }) => snapshot.dataset === dataset && snapshot.digest === digest)

const read = (job: JobEvent): boolean => job.state !== 'refused'

/** The jobs and models that ate these snapshots; a job that was refused ate nothing. */
export const eatersOf = (
  eaten: readonly Eaten[],
  jobs: readonly JobEvent[],
  models: readonly ModelRecord[],
): Eaters => ({
  jobs: [...jobStates(jobs).values()].filter(job => read(job) && of(eaten, job.dataset, job.snapshot.digest)),
  models: latestModels(models).filter(({ dataset, snapshot }) => of(eaten, dataset, snapshot)),
})

/** A snapshot in one line. */
export const snapshotText = ({ dataset, digest }: Pick<Snapshot, 'dataset' | 'digest'>): string =>
  `${dataset} ${digest.slice(0, 12)}`
