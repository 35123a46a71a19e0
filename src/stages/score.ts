import { z } from 'zod'
import { Sampled, type ScoredCandidate, ScoredSample } from '../domain/bootstrap/candidates.js'
import { exampleJudge, examplePrompt, exampleRounds } from '../domain/bootstrap/examples.js'
import { SteerflowError } from '../domain/errors.js'
import type { PinnedValueModel, ScoredTurn } from './needs.js'
import { each } from './stage.js'

type Prediction = ScoredCandidate['predicted']

/** The examples' prompt, with answers. */
const answered = { ...examplePrompt(), policy: 'example-policy' }
const drawn = (index: number, text: string) => ({ index, seed: 7 + index, text, finish: 'stop' as const, tokens: 5 })

/**
 * Predicts the attributes of every sampled answer with the value model that the round was opened with, even if another is
 * active now. An answer is scored as the next turn of the conversation, a repeated text once, an empty text not at all.
 * If the model gives a text no label (STEERFLOW_RECORD_EXHAUSTED, STEERFLOW_INFERENCE_REFUSED), its prediction is null,
 * which the gate treats as an incomplete label: one such answer does not cost the prompt the others.
 */
export const score = each({
  name: 'score',
  summary: "Predicts the attributes of every sampled answer with the round's value model.",
  needs: ['rounds', 'chosenValueModels'],
  input: Sampled,
  ports: { scored: ScoredSample },
  options: z.strictObject({}),
  examples: [
    {
      title: 'Every answer is scored as the next turn; an empty one is not scored',
      given: { ...answered, candidates: [drawn(0, 'Because of Rayleigh scattering.'), drawn(1, '')] },
      expect: [
        {
          to: 'scored',
          value: {
            ...answered,
            candidates: [
              {
                ...drawn(0, 'Because of Rayleigh scattering.'),
                predicted: { label: 'quality:3', scores: { quality: 3.25 } },
              },
              { ...drawn(1, ''), predicted: null },
            ],
            value_model: 'example-value-model',
            attribute_set: 'example@1',
          },
        },
      ],
    },
  ],
  exampleNeeds: () => ({ rounds: exampleRounds, chosenValueModels: { chosen: async () => exampleJudge } }),
  create:
    ({ needs, to }) =>
    async (sample, { signal }) => {
      const { round } = await needs.rounds.of(sample.round, signal)
      const { value_model, attribute_set } = round
      const texts = [...new Set(sample.candidates.map(({ text }) => text))].filter(text => text.trim() !== '')
      const model = texts.length === 0 ? null : await needs.chosenValueModels.chosen(value_model, signal)
      if (model) mustPredict(model, sample.round, attribute_set)
      const predictions = await Promise.all(
        texts.map(async text => [text, await predict(model!, sample, text, signal)] as const),
      )
      const predicted = new Map(predictions)
      return to.scored({
        ...sample,
        candidates: sample.candidates.map(one => ({ ...one, predicted: predicted.get(one.text) ?? null })),
        value_model,
        attribute_set,
      })
    },
})

/** @throws STEERFLOW_CONFIG_INVALID when the configured attribute set is not the one that the round was opened with. */
function mustPredict({ attributeSet }: PinnedValueModel, round: string, expected: string): void {
  if (attributeSet.name === expected) return
  const message = `attributes: the round ${round} was opened with ${expected}, but ${attributeSet.name} is configured`
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', message)
}

/** Errors that mean that a text has no label, and not that a model is at fault. */
const unscorable = new Set(['STEERFLOW_RECORD_EXHAUSTED', 'STEERFLOW_INFERENCE_REFUSED'])

async function predict(
  model: PinnedValueModel,
  { system, mask, turns, speaker }: Sampled,
  text: string,
  signal: AbortSignal,
): Promise<Prediction> {
  try {
    const scored: ScoredTurn = await model.scoreTurn(
      { system, mask, turns: [...turns, { value: text, from: speaker }] },
      signal,
    )
    return { label: scored.label, scores: { ...scored.scores } }
  } catch (error) {
    if (error instanceof SteerflowError && unscorable.has(error.code)) return null
    throw error
  }
}
