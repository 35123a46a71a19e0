import { z } from 'zod'
import { attributeSets } from '../domain/attributes.js'
import { scoreConversation } from '../domain/prompt.js'
import { Conversation, type Turn } from '../domain/conversation.js'
import { exampleConversation } from '../domain/example-conversation.js'
import { each } from './stage.js'
import type { ScoredTurn } from './needs.js'

/** Predicts the attributes of every turn with the value model that is active when the record begins. */
export const annotate = each({
  name: 'annotate',
  summary: 'Predicts the attributes of every turn with the value model; the human label moves to gt_label.',
  needs: ['valueModels'],
  input: Conversation,
  ports: { annotated: Conversation },
  options: z.strictObject({
    turns: z
      .enum(['all', 'assistant'])
      .default('all')
      .describe('which turns get a predicted label; the original script also scores the user turns'),
  }),
  examples: [
    {
      title: 'Every turn is scored; the prompt of the second contains the label of the first',
      given: conversation([
        { value: 'Hi', from: 'User', label: 'quality:1' },
        { value: 'Hello!', from: 'Assistant' },
      ]),
      expect: [
        {
          to: 'annotated',
          value: conversation(
            [
              { value: 'Hi', from: 'User', label: 'quality:2', gt_label: 'quality:1' },
              { value: 'Hello!', from: 'Assistant', label: 'quality:3' },
            ],
            [{ quality: 2.25 }, { quality: 3.25 }],
          ),
        },
      ],
    },
    {
      title: 'Only assistant turns are scored',
      given: conversation([
        { value: 'Hi', from: 'User' },
        { value: 'Hello!', from: 'Assistant' },
      ]),
      options: { turns: 'assistant' },
      expect: [
        {
          to: 'annotated',
          value: conversation(
            [
              { value: 'Hi', from: 'User' },
              { value: 'Hello!', from: 'Assistant', label: 'quality:2' },
            ],
            [null, { quality: 2.25 }],
          ),
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
      const { lineage } = record.steerflow
      return to.annotated({
        ...record,
        conversations: record.conversations.map((turn, index) => relabelled(turn, scored[index] ?? null)),
        steerflow: {
          ...record.steerflow,
          scores: scored.map(score => (score ? { ...score.scores } : null)),
          value_model: model.digest,
          attribute_set: model.attributeSet.name,
          lineage: { ...lineage, models: [...lineage.models, model.digest] },
        },
      })
    },
})

/** The turn with its predicted label. A `gt_label` stays, since the label beside it is already a predicted one. */
function relabelled(turn: Turn, score: ScoredTurn | null): Turn {
  if (!score) return turn
  const human = turn.gt_label === undefined ? turn.label : turn.gt_label
  return { ...turn, label: score.label, ...(human === undefined ? {} : { gt_label: human }) }
}

/** A model for the worked examples: the quality of a turn is 2 plus the number of labelled turns before it. */
const exampleModel = {
  digest: 'example-model',
  attributeSet: { ...attributeSets['oasst-12@1'], name: 'example@1' },
  scoreTurn: ({ turns }: { readonly turns: readonly { readonly label?: string | null | undefined }[] }) => {
    const quality = 2 + turns.slice(0, -1).filter(turn => turn.label !== undefined).length
    return Promise.resolve({ label: `quality:${quality}`, scores: { quality: quality + 0.25 } })
  },
}

function conversation(turns: Turn[], scores: Conversation['steerflow']['scores'] = null): Conversation {
  return exampleConversation(turns, scores ? { scores, value_model: 'example-model', attribute_set: 'example@1' } : {})
}
