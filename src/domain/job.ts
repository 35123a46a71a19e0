import { z } from 'zod'

/** Life of a training job (DESIGN: launch). `rendered` ends there: files for a person or another system to run. */
export const JobState = z.enum([
  'refused',
  'requested',
  'rendered',
  'launching',
  'launched',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'unknown',
])
export type JobState = z.output<typeof JobState>

/** A materialised, immutable dataset that a trainer reads. */
export const Snapshot = z
  .strictObject({
    dataset: z.string(),
    digest: z.string().describe('digest of the content: the same records give the same digest'),
    path: z.string().describe('folder below the storage root'),
    train: z.int().nonnegative().describe('records in train.jsonl'),
    validation: z.int().nonnegative().describe('records in validation.jsonl'),
    attribute_set: z.string(),
  })
  .meta({ title: 'Snapshot' })
export type Snapshot = z.output<typeof Snapshot>

/** The rule that was asked, with the values it saw: a decision can be read back later. */
export const Decision = z
  .strictObject({
    train: z.boolean(),
    rule: z.string().describe('e.g. records>=1'),
    values: z.record(z.string(), z.union([z.number(), z.string()])),
  })
  .meta({ title: 'Decision' })
export type Decision = z.output<typeof Decision>

/** One step in the life of a job. The latest event of a job is its state. */
export const JobEvent = z
  .strictObject({
    job: z.string().describe('deterministic name: <dataset>-<first 12 of the snapshot digest>-<trainer>'),
    dataset: z.string(),
    state: JobState,
    attempt: z.int().nonnegative().describe('0 before the first launch'),
    trainer: z.string(),
    launcher: z.string(),
    snapshot: Snapshot,
    decision: Decision,
    host: z.string().nullable().describe('where it was launched'),
    folder: z.string().nullable().describe('job folder below the storage root'),
    detail: z.string().nullable().describe('why it failed, or what to do with it'),
  })
  .meta({ title: 'JobEvent' })
export type JobEvent = z.output<typeof JobEvent>
