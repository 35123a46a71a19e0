import { addLabels, type LabelCounts, noLabels } from '../label-counts.js'
import type { ShardManifest } from '../shard.js'

/** The sums of a dataset's manifests: everything that its gates see. */
export interface Facts {
  /** Records in train shards. */
  readonly records: number
  readonly validation: number
  /** Sorted. */
  readonly attributeSets: readonly string[]
  /** Labels in the train shards whose manifests count them; manifests of older programs do not. */
  readonly labels: LabelCounts
}

export const noFacts: Facts = { records: 0, validation: 0, attributeSets: [], labels: noLabels }

/** Adds one manifest to the facts; the work does not grow with the number of manifests. */
export function withManifest(facts: Facts, manifest: ShardManifest): Facts {
  const { split, records, attribute_set: set, labels } = manifest
  const attributeSets = facts.attributeSets.includes(set) ? facts.attributeSets : [...facts.attributeSets, set].sort()
  if (split === 'validation') return { ...facts, attributeSets, validation: facts.validation + records }
  return {
    ...facts,
    attributeSets,
    records: facts.records + records,
    labels: labels ? addLabels(facts.labels, labels) : facts.labels,
  }
}
