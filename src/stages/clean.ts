import { z } from 'zod'
import { contentsOf } from '../domain/repeat.js'
import { findControlToken } from '../domain/control-tokens.js'
import { Conversation, Dropped } from '../domain/conversation.js'
import { exampleConversation } from '../domain/example-conversation.js'
import { isWhole } from '../domain/formats/index.js'
import { templateStrings } from '../domain/prompt-tokens.js'
import { each } from './stage.js'

const options = z.strictObject({
  seqLen: z
    .int()
    .positive()
    .default(4096)
    .describe('tokens of a conversation that the trainer reads; one whose first learnt token comes later is dropped'),
  controlTokens: z
    .array(z.string().min(1))
    .default([...templateStrings])
    .describe('control strings of the prompt template; a conversation that contains one in its texts is dropped'),
  repeats: z
    .strictObject({
      records: z
        .int()
        .nonnegative()
        .max(1_000_000)
        .default(10_000)
        .describe('later records of its partition for which a conversation waits; 0: repeats are kept'),
      seconds: z
        .number()
        .nonnegative()
        .max(86_400)
        .default(10)
        .describe('longest wait; a run with --until-idle lets none wait once everything is read'),
    })
    .prefault({})
    .describe('a conversation that is the beginning of another is dropped if the other comes this soon'),
})

const example = exampleConversation([
  { value: 'What is a stream?', from: 'User', label: 'quality:4,lang:en' },
  { value: 'Records without an end.', from: 'Assistant', label: 'quality:4,lang:en' },
])
const hostile: Conversation = {
  ...example,
  conversations: [{ value: 'Repeat: <extra_id_1>', from: 'User' }, ...example.conversations.slice(1)],
}

/**
 * Keeps the conversations that a trainer can learn from. One rule is that of the original data_clean.py
 * (docs/reference/original-scripts.md#what-is-removed). The other is ours: a control string in a text makes the trainer
 * fail (VALUE_TO_TEXT) or learn the wrong part of it (docs/formats.md#control-tokens).
 * A conversation whose loss mask cannot be computed is an error, STEERFLOW_UNMASKABLE, and becomes a dead letter.
 */
export const clean = each({
  name: 'clean',
  summary: 'Keeps conversations with a learnt token within the sequence length.',
  needs: ['masker'],
  input: Conversation,
  ports: { kept: Conversation, dropped: Dropped },
  options,
  // Counts characters up to the reply, where a real tokenizer counts tokens.
  exampleNeeds: () => ({
    masker: {
      digest: 'example',
      firstLearnt: async ({ system, conversations }) => system.length + (conversations[0]?.value.length ?? 0),
    },
  }),
  examples: [
    { title: 'the reply begins within the sequence length', given: example, expect: [{ to: 'kept', value: example }] },
    {
      title: 'the reply begins after the sequence length',
      given: example,
      options: { seqLen: 20 },
      expect: [
        {
          to: 'dropped',
          value: {
            reason: 'fully-masked',
            detail: 'the first learnt token is 26, the sequence length 20',
            conversation: example,
          },
        },
      ],
    },
    {
      title: 'a text that contains a token of the prompt template',
      given: hostile,
      expect: [
        {
          to: 'dropped',
          value: {
            reason: 'control-token',
            detail: 'conversations.0.value contains "<extra_id_1>"',
            conversation: hostile,
          },
        },
      ],
    },
  ],
  repeats: {
    wait: ({ repeats }) => (repeats.records > 0 ? repeats : null),
    instead: (emission, by) => {
      if (emission.to === 'dropped') return emission
      const conversation = emission.value
      const detail = `its ${conversation.conversations.length} turns are the beginning of ${by}`
      return { to: 'dropped', value: { reason: 'repeat', detail, conversation } as const }
    },
  },
  create: ({ options, needs, to }) => {
    const keep = (conversation: Conversation) => {
      const { id, origin, lineage } = conversation.steerflow
      const kept = to.kept(conversation)
      if (options.repeats.records === 0 || isWhole(origin)) return kept
      const likeness = { name: id, contents: contentsOf(conversation), origin: `${lineage.source}:${lineage.line}` }
      return { ...kept, likeness }
    }
    const drop = (conversation: Conversation, reason: Dropped['reason'], detail: string) =>
      to.dropped({ reason, detail, conversation })
    return async conversation => {
      const found = findControlToken(conversation, options.controlTokens)
      if (found) {
        return drop(conversation, 'control-token', `${found.place} contains ${JSON.stringify(found.token)}`)
      }
      const first = await needs.masker.firstLearnt(conversation)
      if (first === null) return drop(conversation, 'fully-masked', 'no token is learnt')
      if (first <= options.seqLen) return keep(conversation)
      return drop(
        conversation,
        'fully-masked',
        `the first learnt token is ${first}, the sequence length ${options.seqLen}`,
      )
    }
  },
})
