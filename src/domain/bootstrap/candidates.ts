import { z } from 'zod'
import { Lineage, Turn } from '../conversation.js'
import { RoundName } from './round.js'

/** One prompt of a round: a conversation that ends where an answer is due, and the requested attribute line. */
export const BootstrapPrompt = z
  .strictObject({
    round: RoundName,
    index: z.int().nonnegative().describe('place in the round, from 0'),
    of: z.int().positive().describe('prompts of the round'),
    prompt_id: z.string().describe('digest of system prompt and turns: the same prompt in every round'),
    tree_id: z.string(),
    system: z.string(),
    mask: z.string().describe('the speaker whose turns are not learnt'),
    turns: z.array(Turn).min(1).describe('the conversation so far, with its labels'),
    speaker: z.string().describe('who answers'),
    label: z.string().describe('the attribute line that is asked for'),
    reference: z.string().nullable().describe("the prompt's answer in the training data; null where there is none"),
    lineage: Lineage,
  })
  .meta({ title: 'BootstrapPrompt' })
export type BootstrapPrompt = z.output<typeof BootstrapPrompt>

/** A sampled answer. */
export const Candidate = z
  .strictObject({
    index: z.int().nonnegative().describe('number of the sample, from 0'),
    seed: z.int().nonnegative().describe('of the draw: a function of round, prompt and index'),
    text: z.string(),
    finish: z.enum(['stop', 'length']).nullable().describe('how it ended; null: the server does not say'),
    tokens: z.int().nonnegative().nullable().describe('tokens of the answer; null: the server does not count'),
  })
  .meta({ title: 'Candidate' })
export type Candidate = z.output<typeof Candidate>

/** A prompt with its answers; none if the round was given up before it was asked. */
export const Sampled = z
  .strictObject({
    ...BootstrapPrompt.shape,
    policy: z.string().describe('digest of the model'),
    candidates: z.array(Candidate),
  })
  .meta({ title: 'Sampled' })
export type Sampled = z.output<typeof Sampled>

/** An answer with the prediction of the round's value model; null if the answer could not be scored. */
export const ScoredCandidate = z
  .strictObject({
    ...Candidate.shape,
    predicted: z
      .strictObject({ label: z.string(), scores: z.record(z.string(), z.number()) })
      .nullable()
      .describe('attribute line and raw scores; null: nothing to score'),
  })
  .meta({ title: 'ScoredCandidate' })
export type ScoredCandidate = z.output<typeof ScoredCandidate>

/** A prompt with its scored answers. */
export const ScoredSample = z
  .strictObject({
    ...Sampled.shape,
    candidates: z.array(ScoredCandidate),
    value_model: z.string().describe('digest of the value model'),
    attribute_set: z.string(),
  })
  .meta({ title: 'ScoredSample' })
export type ScoredSample = z.output<typeof ScoredSample>
