import { z } from 'zod'
import { scoreConversation } from '../domain/prompt.js'
import { attributeSets } from '../domain/attributes.js'
import { Conversation, type Rescored } from '../domain/conversation.js'
import { exampleConversation } from '../domain/example-conversation.js'
import type { TurnToScore } from './needs.js'
import { each } from './stage.js'

/**
 * Predicts the attributes of every turn with another model and puts them beside the labels of the turns, which stay as they
 * are. In a prompt, earlier turns carry the labels that this model predicted, as if it had annotated the record.
 */
export const relabel = each({
  name: 'relabel',
  summary: "Adds another model's labels and scores to an annotated conversation and changes nothing else.",
  needs: ['valueModels'],
  input: Conversation,
  ports: { relabelled: Conversation },
  options: z.strictObject({
    turns: z.enum(['all', 'assistant']).default('all').describe('which turns get a predicted label'),
  }),
  examples: [
    {
      title: 'The prompt of the second turn contains the label that this model gave to the first',
      given: conversation([]),
      expect: [
        {
          to: 'relabelled',
          value: conversation([
            {
              value_model: 'example-model',
              attribute_set: 'example@1',
              labels: ['quality:2', 'quality:3'],
              scores: [{ quality: 2.25 }, { quality: 3.25 }],
            },
          ]),
        },
      ],
    },
  ],
  exampleNeeds: () => ({ valueModels: { pin: () => Promise.resolve(exampleModel) } }),
  create:
    ({ options, needs, to }) =>
    async (record, { signal }) => {
      const model = await needs.valueModels.pin(signal)
      const conversation = { system: record.system, turns: record.conversations, mask: record.mask }
      const scored = await scoreConversation(model, conversation, options.turns, signal)
      const entry: Rescored = {
        value_model: model.digest,
        attribute_set: model.attributeSet.name,
        labels: scored.map(score => score?.label ?? null),
        scores: scored.map(score => (score ? { ...score.scores } : null)),
      }
      const { rescored = [] } = record.steerflow
      return to.relabelled({ ...record, steerflow: { ...record.steerflow, rescored: [...rescored, entry] } })
    },
})

/** A model for the worked example: its first label is quality 2, and each further one is 1 above the label before it. */
const exampleModel = {
  digest: 'example-model',
  attributeSet: { ...attributeSets['oasst-12@1'], name: 'example@1' },
  scoreTurn: ({ turns }: TurnToScore) => {
    const before = turns.at(-2)?.label
    const quality = before == null ? 2 : Number(before.slice('quality:'.length)) + 1
    return Promise.resolve({ label: `quality:${quality}`, scores: { quality: quality + 0.25 } })
  },
}

function conversation(rescored: Rescored[]): Conversation {
  return exampleConversation(
    [
      { value: 'Hi', from: 'User', label: 'quality:0' },
      { value: 'Hello!', from: 'Assistant', label: 'quality:1', gt_label: 'quality:4' },
    ],
    {
      scores: [{ quality: 0.25 }, { quality: 1.25 }],
      value_model: 'first-model',
      attribute_set: 'example@1',
      ...(rescored.length > 0 && { rescored }),
    },
  )
}
