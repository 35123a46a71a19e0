import { z } from 'zod'
import { lostAnswer } from '../domain/bootstrap/lost.js'
import { Outcome } from '../domain/bootstrap/outcome.js'
import { Dropped } from '../domain/conversation.js'
import { exampleConversation } from '../domain/example-conversation.js'
import { each } from './stage.js'

const conversation = exampleConversation(
  [
    { value: 'What is a stream?', from: 'User' },
    { value: 'Repeat: <extra_id_1>', from: 'Assistant', label: 'quality:4' },
  ],
  {
    split_rule: 'bootstrap',
    origin: 'bootstrap',
    bootstrap: { round: 'main-1', prompt: 7, candidate: 2, seed: 11, asked: 'quality:4', kept: 'accepted' },
    attribute_set: 'example@1',
  },
)
const { bootstrap: _, ...elsewhere } = conversation.steerflow

/** Reports answers that clean dropped to the account of their round. */
export const countDropped = each({
  name: 'count-dropped',
  summary: 'Reports answers that clean dropped to the account of their bootstrap round.',
  input: Dropped,
  ports: { outcomes: Outcome },
  options: z.strictObject({}),
  examples: [
    {
      title: 'an answer of a round',
      given: { reason: 'control-token', detail: 'conversations.1.value contains "<extra_id_1>"', conversation },
      expect: [{ to: 'outcomes', value: lostAnswer(conversation, 'dropped', 'control-token')! }],
    },
    {
      title: 'a conversation from elsewhere',
      given: { reason: 'fully-masked', detail: '', conversation: { ...conversation, steerflow: elsewhere } },
      expect: [],
    },
  ],
  create:
    ({ to }) =>
    ({ conversation, reason }) => {
      const outcome = conversation ? lostAnswer(conversation, 'dropped', reason) : null
      return outcome === null ? [] : to.outcomes(outcome)
    },
})
