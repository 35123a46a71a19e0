import { z } from 'zod'
import { Split } from './conversation.js'

/** Decimal offset of a log, as text, since JSON numbers end at 2^53. */
export const OffsetText = z.string().regex(/^\d+$/)

/** One sealed, immutable shard file and exactly which records of the log it holds (DESIGN: seal). */
export const ShardManifest = z
  .strictObject({
    dataset: z.string(),
    version: z.int().positive().describe('dataset version; the highest is live'),
    split: Split,
    path: z.string().describe('path of the file below the storage root'),
    topic: z.string().describe('input topic of the cut'),
    partition: z.int().nonnegative(),
    from: OffsetText.describe('first offset of the cut'),
    to: OffsetText.describe('offset behind the last record of the cut'),
    records: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
    sha256: z.string(),
    attribute_set: z.string(),
    rounds: z.record(z.string(), z.int()).describe('records of each bootstrap round'),
    reason: z.enum(['records', 'bytes', 'age', 'schema', 'idle']).describe('why the cut was made'),
  })
  .meta({ title: 'ShardManifest' })
export type ShardManifest = z.output<typeof ShardManifest>

/**
 * What happens to the shards of a dataset: a file was sealed, or the sources ended (`idle`), recorded with the clock
 * value used, so that a restart decides the same.
 */
export const ShardEvent = z
  .strictObject({
    dataset: z.string(),
    event: z.enum(['sealed', 'idle']),
    at: z.string().nullable().describe('clock value of an idle event, ISO 8601'),
    manifest: ShardManifest.nullable(),
  })
  .meta({ title: 'ShardEvent' })
export type ShardEvent = z.output<typeof ShardEvent>
