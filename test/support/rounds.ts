import { type BootstrapPrompt } from '../../src/domain/bootstrap/candidates.js'
import { RoundPlan } from '../../src/domain/bootstrap/round-plan.js'
import { type Round, type RoundEvent } from '../../src/domain/bootstrap/round.js'

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
