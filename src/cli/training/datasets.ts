import { type JobEvent } from '../../domain/job.js'
import { liveManifests, type ShardEvent, type ShardManifest } from '../../domain/shard.js'

/** A dataset as its live shards and last decision describe it. */
export interface DatasetRow {
  readonly dataset: string
  readonly version: number
  readonly train: number
  readonly validation: number
  readonly shards: number
  readonly bytes: number
  readonly attribute_sets: readonly string[]
  /** Folder of the last snapshot, below the data folder. */
  readonly snapshot: string | null
}

/** Names of all datasets, sorted. */
export const datasetNames = (events: readonly ShardEvent[]): readonly string[] =>
  [...new Set(events.map(event => event.dataset))].sort()

/** The manifests of a dataset that count, in the order in which they were sealed. */
export const liveOf = (events: readonly ShardEvent[], dataset: string): readonly ShardManifest[] =>
  liveManifests(events.flatMap(event => (event.dataset === dataset && event.manifest !== null ? [event.manifest] : [])))

/** One row a dataset, by name. */
export function datasetRows(events: readonly ShardEvent[], jobs: readonly JobEvent[]): readonly DatasetRow[] {
  return datasetNames(events).map(dataset => {
    const live = liveOf(events, dataset)
    const sum = (of: readonly ShardManifest[]) => of.reduce((total, manifest) => total + manifest.records, 0)
    return {
      dataset,
      version: live[0]?.version ?? 0,
      train: sum(live.filter(({ split }) => split === 'train')),
      validation: sum(live.filter(({ split }) => split === 'validation')),
      shards: live.length,
      bytes: live.reduce((total, manifest) => total + manifest.bytes, 0),
      attribute_sets: [...new Set(live.map(manifest => manifest.attribute_set))].sort(),
      snapshot: decisionsOn(jobs, dataset).at(-1)?.snapshot.path ?? null,
    }
  })
}

/** The decisions on a dataset, train or not, oldest first. */
export const decisionsOn = (jobs: readonly JobEvent[], dataset: string): readonly JobEvent[] =>
  jobs.filter(
    ({ dataset: of, state, attempt }) =>
      of === dataset && attempt === 0 && (state === 'requested' || state === 'refused'),
  )

/** A decision in one line: what was asked, with the values, and what came of it. */
export function decisionText({ decision, job }: JobEvent): string {
  const values = Object.entries(decision.values).map(([name, value]) => `${name}=${value}`)
  return `${decision.train ? 'train' : 'do not train'}: ${decision.rule} (${values.join(', ')}) → ${job}`
}
