import { z } from 'zod'

/** When a job is asked for on a dataset, and what its gates demand: `datasets.<name>.when` of the configuration. */
export const When = z.strictObject({
  newSinceLast: z.int().positive().default(10_000).describe('new train records that, while sources run, ask for a job'),
  ageSeconds: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('seconds after which anything new asks for a job, however little it is; null: however long it waits'),
  records: z.int().nonnegative().default(1).describe('gate: train records that a dataset must have'),
  validation: z.int().nonnegative().default(1).describe('gate: validation records that it must have'),
  coverage: z.number().min(0).max(1).default(0.5).describe('gate: share of the learnt turns that must have a label'),
  stability: z
    .number()
    .positive()
    .nullable()
    .default(0.2)
    .describe('gate: most that the population stability index of an attribute may be; null: not asked'),
  stabilityOf: z
    .enum(['new', 'whole'])
    .default('new')
    .describe('what is compared with what the last job was trained on: what is new since, or the whole dataset'),
  stabilityTurns: z
    .int()
    .positive()
    .default(500)
    .describe('labelled turns on both sides below which the index says more about chance than about the data'),
})
export type When = z.output<typeof When>

/**
 * What decides on a dataset: its trainer and its rules. They are recorded as an event before they first count, so that
 * past decisions stay what they were when the configuration changes. Keys that a program does not know are passed over.
 */
export const Rules = z.object({
  trainer: z.string().default('none'),
  /** What asks for a job: new records, idle sources and age; or only that the round of the dataset has closed. */
  asks: z.enum(['new', 'closed']).default('new'),
  ...When.shape,
})
export type Rules = z.output<typeof Rules>

/** Rules as a record holds them: key by key, so that rules may come and go without a new type of record. */
export const RecordedRules = z.record(z.string(), z.union([z.string(), z.number()]).nullable())

/** Whether two rules are the same. */
export const sameRules = (a: Rules, b: Rules): boolean =>
  (Object.keys(Rules.shape) as (keyof Rules)[]).every(key => a[key] === b[key])
