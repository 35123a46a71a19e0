import { z } from 'zod'
import { GateResult } from './gates/gate.js'
import { TrainedModel } from './model.js'
import { FolderName, ForeignId, PathBelow } from './names.js'
import { DatasetName } from './shard.js'

/**
 * The life of a training job (docs/launchers.md#the-life-of-a-job). A `launched` job may still wait at its launcher. A
 * `rendered` job has ended: its files are for a person or another system to run.
 */
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

/** A materialised, immutable dataset for a trainer to read. */
export const Snapshot = z
  .strictObject({
    dataset: DatasetName,
    digest: FolderName.describe('digest of the content: the same records give the same digest'),
    path: PathBelow.describe('folder below the storage root'),
    train: z.int().nonnegative().describe('records in train.jsonl'),
    validation: z.int().nonnegative().describe('records in validation.jsonl'),
    attribute_set: z.string().describe('name of the attribute set; several are joined by a comma'),
  })
  .meta({ title: 'Snapshot' })
export type Snapshot = z.output<typeof Snapshot>

/** A decision to train or not, with everything that it rests on, so that it can be read back later. */
export const Decision = z
  .strictObject({
    train: z.boolean(),
    rule: z.string().describe('what asked for the job, e.g. new>=10000; of a refusal the gates that did not hold'),
    values: z.record(z.string(), z.union([z.number(), z.string()])),
    gates: z.array(GateResult).optional().describe('what every gate said'),
    decided_by: z.enum(['rule', 'person']).optional().describe('a person may overrule a refusal; absent: the rule'),
  })
  .meta({ title: 'Decision' })
export type Decision = z.output<typeof Decision>

/** One step in the life of a job. Its state is that of its last event that the state before allowed (job-states.ts). */
export const JobEvent = z
  .strictObject({
    job: FolderName.describe('deterministic name: <dataset>-<first 12 of the snapshot digest>-<trainer>'),
    dataset: DatasetName,
    state: JobState,
    attempt: z.int().nonnegative().describe('0 before the first launch'),
    trainer: z.string(),
    launcher: z.string(),
    settings: z.record(z.string(), z.unknown()).describe("the trainer's own settings"),
    snapshot: Snapshot,
    decision: Decision,
    host: z.string().nullable().describe('where it was launched'),
    folder: PathBelow.nullable().describe('job folder below the storage root'),
    detail: z.string().nullable().describe('why it failed, or what to do with it'),
    launched_as: ForeignId.nullable()
      .optional()
      .describe('id under which the launcher knows the attempt: of a Slurm job, of a Kubernetes object'),
    superseded_by: FolderName.optional().describe('of cancelled: the later job of the dataset that took its place'),
    model: TrainedModel.nullable().describe('what a job that succeeded has made'),
  })
  .meta({ title: 'JobEvent' })
export type JobEvent = z.output<typeof JobEvent>

/** The name of the job that trains on a snapshot: the same snapshot and trainer give the same job. */
export const jobName = (snapshot: Snapshot, trainer: string): string =>
  `${snapshot.dataset}-${snapshot.digest.slice(0, 12)}-${trainer}`
