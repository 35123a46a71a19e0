import { z } from 'zod'
import { BootstrapPrompt, type Candidate, Sampled } from '../domain/bootstrap/candidates.js'
import { examplePrompt, exampleRounds } from '../domain/bootstrap/examples.js'
import type { Round } from '../domain/bootstrap/round.js'
import { sampleSeed } from '../domain/bootstrap/seeded-draw.js'
import { SteerflowError } from '../domain/errors.js'
import type { Policies } from './needs.js'
import { each } from './stage.js'

/**
 * Samples the answers of a prompt, all of them together. Each request is a function of round, prompt and number, so that a
 * crash repeats the same requests. A round that is closed (STEERFLOW_ROUND_CLOSED) or was given up (no candidates) causes
 * no requests. Texts stay as received, except for lone surrogates: the gate judges their content.
 */
export const sample = each({
  name: 'sample',
  summary: "Samples the answers of a prompt from the round's SteerLM model, each with its own seed.",
  needs: ['rounds', 'policies'],
  input: BootstrapPrompt,
  ports: { candidates: Sampled },
  options: z.strictObject({}),
  examples: [
    {
      title: 'Two answers are sampled; each seed is a function of round, prompt and number',
      given: examplePrompt(),
      expect: [
        {
          to: 'candidates',
          value: {
            ...examplePrompt(),
            policy: 'example-policy',
            candidates: [
              { index: 0, seed: 845142656, text: 'quality:4, drawn by 845142656', finish: 'stop', tokens: 5 },
              { index: 1, seed: 1293266354, text: 'quality:4, drawn by 1293266354', finish: 'stop', tokens: 5 },
            ],
          },
        },
      ],
    },
    {
      title: 'The round was given up: no answer is sampled',
      given: examplePrompt('given-up-1'),
      expect: [
        { to: 'candidates', value: { ...examplePrompt('given-up-1'), policy: 'example-policy', candidates: [] } },
      ],
    },
  ],
  exampleNeeds: () => ({
    rounds: exampleRounds,
    policies: {
      answer: async (_, { label }, { sampling: { seed } }) => ({
        text: `${label}, drawn by ${seed}`,
        finish: 'stop',
        tokens: { completion: 5 },
      }),
    },
  }),
  create:
    ({ needs, to }) =>
    async (prompt, { signal }) => {
      const { round, givenUp } = await needs.rounds.of(prompt.round, signal)
      const candidates = givenUp ? [] : await sampled(needs.policies, round, prompt, signal)
      return to.candidates({ ...prompt, policy: round.policy.digest, candidates })
    },
})

/**
 * The answers of a prompt, in order. Answers that failed permanently are left out, as long as they are at most half of all:
 * a server that cannot read its own output costs that answer, one that refuses the prompt costs the prompt.
 * @throws the first error that is not permanent, otherwise the first error if more than half failed
 */
async function sampled(
  policies: Policies,
  { policy, plan }: Round,
  { round, prompt_id, system, turns, label, speaker }: BootstrapPrompt,
  signal: AbortSignal,
): Promise<Candidate[]> {
  const draw = async (index: number): Promise<Candidate> => {
    const seed = sampleSeed({ seed: plan.seed, round, promptId: prompt_id }, index)
    const drawing = { sampling: { ...plan.sampling, seed }, maxTokens: plan.maxTokens }
    const { text, finish, tokens } = await policies.answer(
      policy.digest,
      { system, turns, label, speaker },
      drawing,
      signal,
    )
    return { index, seed, text: text.toWellFormed(), finish, tokens: tokens?.completion ?? null }
  }
  const draws = await Promise.allSettled(Array.from({ length: plan.samples }, (_, index) => draw(index)))
  const failures = draws.filter(one => one.status === 'rejected').map(({ reason }) => reason as Error)
  const grave = failures.find(error => !(error instanceof SteerflowError && error.kind === 'permanent'))
  if (grave) throw grave
  if (failures[0] && 2 * failures.length > plan.samples) throw failures[0]
  return draws.filter(one => one.status === 'fulfilled').map(({ value }) => value)
}
