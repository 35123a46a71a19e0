import { z } from 'zod'
import type { DatasetName } from '../shard.js'
import { RoundName } from './round.js'

/** The results of all rules for an answer: the value that each saw, and the rules that did not hold. */
export const AnswerOutcome = z
  .strictObject({
    index: z.int().nonnegative(),
    kept: z.enum(['accepted', 'negative', 'no']).describe('negative: below the floor, kept as an example of its label'),
    against: z.array(z.string()).describe('rules that did not hold, in their order'),
    values: z.record(z.string(), z.union([z.number(), z.string()]).nullable()).describe('what each rule saw'),
    label: z.string().nullable().describe('attribute line that was predicted'),
    goodness: z.number().nullable().describe('weighted sum of the raw scores'),
    chars: z.int().nonnegative(),
    unique_words: z.number().describe('share of different words among the first 100'),
    finish: z.enum(['stop', 'length']).nullable(),
  })
  .meta({ title: 'AnswerOutcome' })
export type AnswerOutcome = z.output<typeof AnswerOutcome>

/**
 * The end of a prompt, or of answers that were accepted:
 * - `accepted`, `rejected`: the gate's result for a prompt, with every decision; `answers` passed the gate;
 * - `dead-lettered`: a node could not process the prompt;
 * - `sealed`, `dropped`, `lost`: this many answers were sealed, dropped by clean, or dead-lettered after the gate;
 * - `replayed`: a dead-lettered prompt or a lost answer is being processed again and has no end any more.
 * A round is complete when every prompt, and every answer that passed the gate, has an end.
 */
export const Outcome = z
  .strictObject({
    round: RoundName,
    end: z.enum(['accepted', 'rejected', 'dead-lettered', 'sealed', 'dropped', 'lost', 'replayed']),
    prompt: z.int().nonnegative().nullable().describe('index of the prompt; null: of answers of several'),
    of: z.int().positive().nullable().describe('prompts of the round; null where this is not known'),
    answers: z.int().nonnegative().describe('answers that went on, or whose end this is'),
    version: z.int().positive().nullable().describe('of sealed: version of the dataset'),
    prompt_id: z.string().nullable(),
    asked: z.string().nullable().describe('attribute line that was asked for'),
    reference_chars: z.int().nonnegative().nullable(),
    candidates: z.array(AnswerOutcome),
    reason: z
      .string()
      .nullable()
      .describe('why nothing of a prompt went on: error code, that the round was given up, or that it only measures'),
  })
  .meta({ title: 'Outcome' })
export type Outcome = z.output<typeof Outcome>

/** The loop and the number in the name of a round, `<loop>-<number>`. */
export const loopOf = (round: string): z.output<typeof DatasetName> => round.slice(0, round.lastIndexOf('-'))
export const numberOf = (round: string): number => Number(round.slice(round.lastIndexOf('-') + 1))
