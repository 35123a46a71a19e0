import { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import { type Policy, type Round } from '../../../src/domain/bootstrap/round.js'
import { type RoundSummary } from '../../../src/domain/bootstrap/summary.js'

/** The model that a round samples. */
export const policyOf = (number: number): Policy => ({ model: `model-${number}`, digest: String(number).repeat(64) })

export const roundOf = (number: number, purpose: Round['purpose'] = 'train', plan = RoundPlan.parse({})): Round => ({
  round: `loop-${number}`,
  loop: 'loop',
  number,
  purpose,
  policy: policyOf(number),
  value_model: 'f'.repeat(64),
  attribute_set: 'steerlm-9@1',
  snapshot: {
    dataset: 'steerlm',
    digest: 'a'.repeat(64),
    path: 'datasets/steerlm/a',
    train: 100,
    validation: 10,
    attribute_set: 'steerlm-9@1',
  },
  labels: ['quality:4'],
  prompts: { count: 100, path: `bootstrap/loop-${number}/prompts.jsonl`, sha256: 'b'.repeat(64) },
  plan,
})

export const summaryOf = (over: Partial<RoundSummary> = {}): RoundSummary => ({
  prompts: { expected: 100, sealed: 45, rejected: 50, dropped: 5, measured: 0, dead_lettered: 0 },
  acceptance: 0.5,
  answers: { sampled: 1000, accepted: 90, negatives: 20, sealed: 100, dropped: 10, lost: 0 },
  against: { stopped: 50 },
  finish: { stop: 950, length: 50 },
  attributes: {
    quality: {
      asked: { count: 1000, mean: 4, sd: 0 },
      predicted: { count: 1000, mean: 3.5, sd: 0.5 },
      distance: 0.5,
      values: { 3: 500, 4: 500 },
    },
  },
  goodness: { count: 1000, mean: 3.5, sd: 0.5 },
  chars: { count: 1000, mean: 400, sd: 100 },
  length_ratio: { count: 900, mean: 1.1, sd: 0.3 },
  unique_words: { count: 1000, mean: 0.8, sd: 0.1 },
  near_duplicates: 12,
  length_correlation: 0.2,
  against_before: null,
  ...over,
})
