import { gateText } from '../../domain/gates/gate.js'
import type { JobEvent } from '../../domain/job.js'
import { liveManifests, type ShardEvent, type ShardManifest } from '../../domain/shard.js'
import { table } from '../render/bars.js'

/** A dataset as described by its live shards and last decision. */
export interface DatasetRow {
  readonly dataset: string
  readonly version: number
  readonly train: number
  readonly validation: number
  readonly shards: number
  readonly bytes: number
  readonly attribute_sets: readonly string[]
  /** Folder of the last snapshot, relative to the data folder. */
  readonly snapshot: string | null
}

/** Names of all datasets, sorted. */
export const datasetNames = (events: readonly ShardEvent[]): readonly string[] =>
  [...new Set(events.map(event => event.dataset))].sort()

/** The live manifests of a dataset, in sealing order. */
export const liveOf = (events: readonly ShardEvent[], dataset: string): readonly ShardManifest[] =>
  liveManifests(events.flatMap(event => (event.dataset === dataset && event.manifest !== null ? [event.manifest] : [])))

/** One row per dataset, sorted by name. */
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

/** A decision in one line: the verdict, the rule with its values, and the job. */
export function decisionText({ decision, job }: Pick<JobEvent, 'decision' | 'job'>): string {
  const { train, rule, decided_by } = decision
  const values = Object.entries(decision.values).map(([name, value]) => `${name}=${value}`)
  const verdict = decided_by === 'person' ? 'train, by a person' : train ? 'train' : 'do not train'
  return `${verdict}: ${rule} (${values.join(', ')}) → ${job}`
}

/** The gates of a decision, one line each; failed ones are marked. */
export const gateLines = ({ gates = [] }: JobEvent['decision']): readonly string[] =>
  table(
    gates.map(gate => [
      gate.held ? 'held' : 'AGAINST',
      gateText(gate),
      gate.value === null ? 'unknown' : `${gate.value}`,
    ]),
    [0, 1, 2],
  )
