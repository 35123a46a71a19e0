import { attributeSets } from '../attributes.js'
import type { BootstrapPrompt } from './candidates.js'
import { RoundPlan } from './round-plan.js'
import type { Round } from './round.js'

/** Literals for the worked examples of the stages of a round. */

const attributeSet = { ...attributeSets['oasst-12@1'], name: 'example@1' }

/** A round of one prompt, with two sampled answers. */
export const exampleRound = (round = 'loop-1'): Round => ({
  round,
  loop: round.slice(0, -2),
  number: 1,
  purpose: 'train',
  policy: { model: 'example-model', digest: 'example-policy' },
  value_model: 'example-value-model',
  attribute_set: attributeSet.name,
  snapshot: {
    dataset: 'steerlm',
    digest: 'example-snapshot',
    path: 'datasets/steerlm/example-snapshot',
    train: 1,
    validation: 0,
    attribute_set: attributeSet.name,
  },
  labels: ['quality:4'],
  prompts: { count: 1, path: `bootstrap/${round}/prompts.jsonl`, sha256: 'example-file' },
  plan: RoundPlan.parse({ samples: 2, maxTokens: 64 }),
})

/** Its prompt. */
export const examplePrompt = (round = 'loop-1'): BootstrapPrompt => ({
  round,
  index: 0,
  of: 1,
  prompt_id: 'example-prompt',
  tree_id: 'tree',
  system: 'Be helpful.\n\n',
  mask: 'User',
  turns: [{ value: 'Why is the sky blue?', from: 'User', label: 'quality:3' }],
  speaker: 'Assistant',
  label: 'quality:4',
  reference: 'Air scatters blue light most.',
  lineage: { source: 'file', line: 1, configuration: 'options', models: [] },
})

/** Every round is open; rounds named `given-up…` were given up. */
export const exampleRounds = {
  of: async (name: string) => ({ round: exampleRound(name), givenUp: name.startsWith('given-up') }),
}

/** Predicts a quality of one point for every ten characters of the last turn. */
export const exampleJudge = {
  digest: 'example-value-model',
  attributeSet,
  scoreTurn: async ({ turns }: { readonly turns: readonly { readonly value: string }[] }) => {
    const quality = Math.min(4, Math.floor(turns.at(-1)!.value.length / 10))
    return { label: `quality:${quality}`, scores: { quality: quality + 0.25 } }
  },
}
