import { z } from 'zod'
import { Sampling } from '../sampling.js'
import { GateRules } from './gate-rules.js'

/** The source of a round's prompts. Validation records and the contents of `exclude` are never used. */
export const PromptSource = z.strictObject({
  from: z
    .enum(['first-turns', 'contexts', 'file'])
    .default('first-turns')
    .describe('of the training snapshot the first turns or every context that ends before an answer, or a file'),
  file: z.string().default('').describe('JSON lines with prompt, or conversations; only where from is file'),
  exclude: z.string().default('').describe('JSON lines of evaluation prompts, which are never sampled'),
  count: z.int().positive().default(20_000).describe('most prompts of a round, drawn by the seed'),
})
export type PromptSource = z.output<typeof PromptSource>

/** The attribute lines to request. */
export const Target = z.strictObject({
  mode: z
    .enum(['best', 'fixed'])
    .default('best')
    .describe('best: uniform over the distinct lines of the training data with the best quality; fixed: one line'),
  attribute: z.string().default('quality').describe('mode best: the attribute whose best value counts'),
  wishes: z
    .string()
    .default('')
    .describe('mode fixed: as in --set, e.g. quality=4,humor=0; the other keys are filled in'),
})
export type Target = z.output<typeof Target>

/** The composition of a round's training data, at its snapshot. */
export const Mix = z.strictObject({
  replay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.5)
    .describe('share of the training records that are replayed from the training snapshot'),
  negatives: z.number().min(0).lt(1).default(0.2).describe('most that answers kept as negatives may be of all answers'),
})
export type Mix = z.output<typeof Mix>

/** When a loop ends. */
export const StopRules = z.strictObject({
  rounds: z.int().positive().default(2).describe('most rounds that train'),
  acceptance: z.number().min(0).max(1).default(0.05).describe('least share of the prompts with an accepted answer'),
  confidence: z.number().gt(0.5).lt(1).default(0.95).describe('of the intervals of paired differences'),
  guards: z
    .boolean()
    .default(true)
    .describe('stop when length or diversity moves beyond its interval and bound, or the gain is one of length alone'),
  maxLengthGrowth: z
    .number()
    .positive()
    .default(1.5)
    .describe('guard: most times that answers may be as long as those of the first round'),
  maxDiversityLoss: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('guard: most that the share of different words may fall since the first round'),
  lengthCorrelation: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('guard: most that goodness may follow length alone, as a rank correlation'),
})
export type StopRules = z.output<typeof StopRules>

/** The plan of a round, recorded with the request for it: later changes of the configuration do not affect the round. */
export const RoundPlan = z.strictObject({
  prompts: PromptSource.prefault({}).describe('where prompts come from'),
  target: Target.prefault({}).describe('which attributes are asked for'),
  samples: z.int().positive().max(100).default(10).describe('answers that are sampled of a prompt'),
  sampling: Sampling.omit({ seed: true })
    .extend({
      temperature: Sampling.shape.temperature.default(0.7),
      topP: Sampling.shape.topP.default(0.9),
      topK: Sampling.shape.topK.default(0),
    })
    .prefault({})
    .describe('how answers are drawn; SteerLM 2.0 takes 0.7 and 0.9, the first paper topK 50'),
  maxTokens: z.int().positive().default(512).describe('most tokens of an answer'),
  seed: z.int().nonnegative().default(1).describe('of all draws of the loop'),
  gate: GateRules.prefault({}).describe('which answers are trained on'),
  mix: Mix.prefault({}).describe('what they are mixed with'),
  stop: StopRules.prefault({}).describe('when the loop ends'),
})
export type RoundPlan = z.output<typeof RoundPlan>
