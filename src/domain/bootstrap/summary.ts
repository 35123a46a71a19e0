import { z } from 'zod'

/** A difference from the previous round, over the prompts that both asked, with its interval. */
export const PairedDifference = z
  .strictObject({
    pairs: z.int().nonnegative().describe('prompts that both rounds asked and scored'),
    mean: z.number().nullable().describe('of this round minus the one before; null where there are no pairs'),
    low: z.number().nullable(),
    high: z.number().nullable(),
  })
  .meta({ title: 'PairedDifference' })
export type PairedDifference = z.output<typeof PairedDifference>

/** Mean and spread of a figure over answers. */
export const Spread = z
  .strictObject({ count: z.int().nonnegative(), mean: z.number().nullable(), sd: z.number().nullable() })
  .meta({ title: 'Spread' })
export type Spread = z.output<typeof Spread>

/** The result of a round: everything that the stop rule and the report need. */
export const RoundSummary = z
  .strictObject({
    prompts: z
      .strictObject({
        expected: z.int().nonnegative(),
        sealed: z.int().nonnegative(),
        rejected: z.int().nonnegative(),
        dropped: z.int().nonnegative(),
        measured: z.int().nonnegative().describe('accepted in a round that only measures: nothing goes on'),
        dead_lettered: z.int().nonnegative(),
      })
      .describe('every prompt of the round has exactly one of these ends'),
    acceptance: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe('share of the expected prompts with an answer that was accepted, not only as a negative'),
    answers: z.strictObject({
      sampled: z.int().nonnegative(),
      accepted: z.int().nonnegative(),
      negatives: z.int().nonnegative(),
      sealed: z.int().nonnegative(),
      dropped: z.int().nonnegative(),
      lost: z.int().nonnegative(),
    }),
    against: z.record(z.string(), z.int().nonnegative()).describe('answers that each rule was against'),
    finish: z.record(z.string(), z.int().nonnegative()).describe('answers by how they ended: stop, length, unknown'),
    attributes: z
      .record(
        z.string(),
        z.strictObject({
          asked: Spread,
          predicted: Spread,
          distance: z.number().nullable().describe('mean |predicted - asked|'),
          values: z.record(z.string(), z.int().nonnegative()).describe('answers by predicted value'),
        }),
      )
      .describe('by attribute, over all scored answers'),
    goodness: Spread,
    chars: Spread,
    length_ratio: Spread.describe("length of an answer ÷ that of the prompt's answer in the training data"),
    unique_words: Spread,
    near_duplicates: z.int().nonnegative().describe('answers that were duplicates or near-duplicates, of any kind'),
    length_correlation: z.number().nullable().describe('rank correlation of goodness with length, over scored answers'),
    against_before: z
      .strictObject({
        round: z.string(),
        goodness: PairedDifference,
        goodness_at_equal_length: PairedDifference.describe('without what comes with length alone'),
        points_by_length: z
          .number()
          .describe('points of goodness of an answer that is e times as long, within prompts'),
        chars: PairedDifference.describe('of the logarithm of the mean length'),
        unique_words: PairedDifference,
        acceptance: PairedDifference,
      })
      .nullable()
      .describe('null in the first round'),
  })
  .meta({ title: 'RoundSummary' })
export type RoundSummary = z.output<typeof RoundSummary>
