import { z } from 'zod'
import { ageSeconds } from '../duration.js'

/** When a job is requested for a dataset, and what its gates require: `datasets.<name>.when` in the configuration. */
export const When = z.strictObject({
  newSinceLast: z.int().positive().default(10_000).describe('new train records that request a job while sources run'),
  ageSeconds: ageSeconds()
    .nullable()
    .default(null)
    .describe('age in seconds at which new records request a job, however few; null: no limit'),
  records: z.int().nonnegative().default(1).describe('gate: minimum train records'),
  validation: z.int().nonnegative().default(1).describe('gate: minimum validation records'),
  coverage: z.number().min(0).max(1).default(0.5).describe('gate: minimum share of the learnt turns with a label'),
  stability: z
    .number()
    .positive()
    .nullable()
    .default(0.2)
    .describe('gate: maximum population stability index of an attribute; null: not checked'),
  stabilityOf: z
    .enum(['new', 'whole'])
    .default('new')
    .describe("compares the last job's labels with the new ones since then, or with the whole dataset"),
  stabilityTurns: z
    .int()
    .positive()
    .default(500)
    .describe('minimum labelled turns on both sides; with fewer the index says more about chance than about the data'),
})
export type When = z.output<typeof When>

/**
 * The trainer and the rules of a dataset. They are recorded as an event before they first apply, so that past decisions stay
 * the same when the configuration changes. Unknown keys are ignored.
 */
export const Rules = z.object({
  trainer: z.string().default('none'),
  /** The reason to request a job: new records, idle sources and age; or only that the round of the dataset has closed. */
  asks: z.enum(['new', 'closed']).default('new'),
  ...When.shape,
})
export type Rules = z.output<typeof Rules>

/** Rules in a record: key by key, so that rules can be added and removed without a new type of record. */
export const RecordedRules = z.record(z.string(), z.union([z.string(), z.number()]).nullable())

/** Whether two sets of rules are equal. */
export const sameRules = (a: Rules, b: Rules): boolean =>
  (Object.keys(Rules.shape) as (keyof Rules)[]).every(key => a[key] === b[key])
