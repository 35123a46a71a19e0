import { z } from 'zod'

/**
 * The conditions for training on an answer. `relabel` keeps well-formed answers and conditions on their predicted labels
 * (docs/reference/papers.md#bootstrap-in-the-steerlm-paper), `gate` also demands attributes, `best-of-n` keeps the best
 * answers of a prompt.
 */
export const GateRules = z.strictObject({
  mode: z
    .enum(['relabel', 'gate', 'best-of-n'])
    .default('relabel')
    .describe('relabel: keep what is well formed; gate: demand attributes; best-of-n: keep the best of a prompt'),
  floor: z
    .record(z.string(), z.number())
    .default({ quality: 3 })
    .describe('least raw score of an attribute of an accepted answer; below it an answer may be kept as a negative'),
  ceiling: z
    .record(z.string(), z.number())
    .default({})
    .describe('mode gate: most that the raw score of an attribute may be, half a point added'),
  /** An example with published weights: docs/reference/papers.md#steerlm-20. */
  goodness: z
    .record(z.string(), z.number())
    .default({ quality: 1 })
    .describe('by which weighted sum of raw scores answers are ranked and rounds compared'),
  keep: z.int().positive().default(2).describe('most answers that are accepted of a prompt, the best first'),
  negatives: z
    .int()
    .nonnegative()
    .default(1)
    .describe('most answers below the floor that are kept of a prompt, as labelled negatives'),
  minChars: z.int().nonnegative().default(1).describe('least characters of an answer'),
  maxLengthRatio: z
    .number()
    .positive()
    .nullable()
    .default(4)
    .describe("most times as long as the prompt's answer in the training data; null: not asked"),
  minUniqueWords: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('least share of different words among the first 100 of an answer: below it, it repeats itself'),
  similarity: z
    .number()
    .min(0.7)
    .max(1)
    .default(0.8)
    .describe('from this Jaccard similarity of word 5-grams on two texts are near-duplicates'),
})
export type GateRules = z.output<typeof GateRules>
