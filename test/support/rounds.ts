import type { BootstrapPrompt } from '../../src/domain/bootstrap/candidates.js'
import { RoundPlan } from '../../src/domain/bootstrap/round-plan.js'
import type { Policy, Round, RoundEvent } from '../../src/domain/bootstrap/round.js'
import type { RoundSummary } from '../../src/domain/bootstrap/summary.js'
import type { Bootstrapped, Conversation } from '../../src/domain/conversation.js'
import type { Snapshot } from '../../src/domain/job.js'
import { attributeSetName, conversation } from './training.js'

/** Literals of bootstrap rounds for tests: everything valid, and only what a test is about given. */

export const round = (given: Partial<Round> = {}): Round => ({
  round: 'loop-1',
  loop: 'loop',
  number: 1,
  purpose: 'train',
  policy: { model: 'steerlm-model', digest: 'policy' },
  value_model: 'value-model',
  attribute_set: 'oasst-12@1',
  snapshot: {
    dataset: 'steerlm',
    digest: 'd'.repeat(64),
    path: `datasets/steerlm/${'d'.repeat(64)}`,
    train: 1,
    validation: 0,
    attribute_set: 'oasst-12@1',
  },
  labels: ['quality:4'],
  prompts: { count: 1, path: 'bootstrap/loop-1/prompts.jsonl', sha256: '0'.repeat(64) },
  plan: RoundPlan.parse({ samples: 3, maxTokens: 64 }),
  ...given,
})

export const roundEvent = (event: RoundEvent['event'], given: Partial<RoundEvent> = {}): RoundEvent => ({
  loop: 'loop',
  round: 'loop-1',
  event,
  by: 'rule',
  number: 1,
  ...(event === 'opened' && { opening: round() }),
  ...given,
})

export const prompt = (given: Partial<BootstrapPrompt> = {}): BootstrapPrompt => ({
  round: 'loop-1',
  index: 0,
  of: 1,
  prompt_id: 'prompt',
  tree_id: 'tree',
  system: 'S',
  mask: 'User',
  turns: [{ value: 'Why?', from: 'User', label: 'quality:3' }],
  speaker: 'Assistant',
  label: 'quality:4',
  reference: 'Because.',
  lineage: { source: 'file', line: 1, configuration: 'c', models: [] },
  ...given,
})

/** The model that a round samples. */
export const policyOf = (number: number): Policy => ({ model: `model-${number}`, digest: String(number).repeat(64) })

/** Round `loop-<number>` of nine attributes, as the stop rule and the report see it. */
export const roundOf = (number: number, purpose: Round['purpose'] = 'train', plan = RoundPlan.parse({})): Round =>
  round({
    round: `loop-${number}`,
    number,
    purpose,
    policy: policyOf(number),
    attribute_set: 'steerlm-9@1',
    prompts: { count: 100, path: `bootstrap/loop-${number}/prompts.jsonl`, sha256: 'b'.repeat(64) },
    plan,
  })

/** Round loop-1 over a snapshot, with a plan of which only a part is given. */
export const roundOver = (snapshot: Snapshot, plan: Parameters<typeof RoundPlan.parse>[0] = {}): Round =>
  round({ snapshot, attribute_set: attributeSetName, plan: RoundPlan.parse(plan) })

interface GivenAnswer {
  readonly kept?: Bootstrapped['kept']
  readonly text?: string
  readonly tree?: string
}

/** An answer that was sampled in round loop-1, with a text of its own unless one is given. */
export const answer = (id: string, { kept = 'accepted', ...given }: GivenAnswer = {}): Conversation =>
  conversation(id, {
    text: `${id} says, of all that was asked, what ${id} alone has to say about ${id}`,
    ...given,
    origin: 'bootstrap',
    bootstrap: { round: 'loop-1', prompt: 0, candidate: 0, seed: 7, asked: 'quality:4,lang:en', kept },
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
