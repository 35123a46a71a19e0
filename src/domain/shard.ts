import { z } from 'zod'
import { Split } from './conversation.js'
import { RecordedRules } from './gates/when.js'
import { LabelCounts } from './label-counts.js'
import { isName, PathBelow } from './names.js'

/** Decimal offset of a log, as text, since JSON numbers are exact only up to 2^53. */
export const OffsetText = z.string().regex(/^\d+$/)

/** Leaves room in the names of jobs and rounds, which contain it. */
const longestDataset = 200

/** A name that is also a folder name: letters, digits, dots, dashes and underscores, not beginning with a dot or dash. */
export const DatasetName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/)
  .refine(text => isName(text, longestDataset), `expected at most ${longestDataset} characters`)

/** Why a cut was made: a limit was reached, the attribute set changed, or everything upstream has ended. */
export const CutReason = z.enum(['records', 'bytes', 'age', 'schema', 'idle'])

/** One sealed, immutable shard file, and exactly which records of the log it holds (docs/shards.md#cuts). */
export const ShardManifest = z
  .strictObject({
    dataset: DatasetName,
    version: z.int().positive().describe('dataset version; the highest is live'),
    split: Split,
    path: PathBelow.describe('path of the file below the storage root'),
    topic: z.string().describe('input topic of the cut'),
    partition: z.int().nonnegative(),
    from: OffsetText.describe('first offset of the cut'),
    to: OffsetText.describe('offset behind the last record of the cut'),
    records: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
    sha256: z.string(),
    attribute_set: z.string(),
    reason: CutReason.describe('why the cut was made'),
    labels: LabelCounts.optional().describe('how the labels of its records are spread; absent: not counted'),
  })
  .meta({ title: 'ShardManifest' })
export type ShardManifest = z.output<typeof ShardManifest>

/**
 * An event of a dataset's shards, or anything else that decisions about it depend on, so that a restart decides the same:
 * - `sealed`: a file was sealed;
 * - `idle`: the sources ended; `aged`: data has waited for too long; both with the clock value used;
 * - `rules`: the rules that apply from here on;
 * - `closed`: every prompt of this dataset's bootstrap round has ended, and the round is to be trained on;
 * - `overruled`: a person requested the job that the last decision refused.
 */
export const ShardEvent = z
  .strictObject({
    dataset: DatasetName,
    event: z.enum(['sealed', 'idle', 'aged', 'closed', 'rules', 'overruled']),
    at: z.string().nullable().describe('clock value of an event that is no shard, ISO 8601'),
    manifest: ShardManifest.nullable(),
    rules: RecordedRules.optional().describe('trainer and rules of a rules event, by the keys of datasets.<name>.when'),
  })
  .meta({ title: 'ShardEvent' })
export type ShardEvent = z.output<typeof ShardEvent>

/** The live manifests: those of a dataset's highest version, which replaces older versions as a whole. */
export function liveManifests(manifests: readonly ShardManifest[]): readonly ShardManifest[] {
  const highest = manifests.reduce((version, manifest) => Math.max(version, manifest.version), 0)
  return manifests.filter(manifest => manifest.version === highest)
}
