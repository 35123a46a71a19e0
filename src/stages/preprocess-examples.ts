import type { Conversation, Raw } from '../domain/conversation.js'

/** A tree of two messages, one rated by people. */
const tree: Raw = {
  format: 'oasst-tree',
  source: 'example',
  line: 1,
  record: {
    message_tree_id: 'tree-1',
    prompt: {
      text: 'What is a stream?',
      role: 'prompter',
      lang: 'en',
      labels: {},
      replies: [
        {
          text: 'Records without an end.',
          role: 'assistant',
          lang: 'en',
          labels: { quality: { value: 0.75, count: 3 }, toxicity: { value: 0.125, count: 3 } },
          replies: [],
        },
      ],
    },
  },
}

const fromTree = {
  conversations: [
    { value: 'What is a stream?', from: 'User', label: 'lang:en', lang: 'en' },
    { value: 'Records without an end.', from: 'Assistant', label: 'quality:3,toxicity:0,lang:en', lang: 'en' },
  ],
  tree_id: 'tree-1',
  system: 'A chat.\n\n',
  mask: 'User',
} as const satisfies Partial<Conversation>

const provenance = {
  split: 'train',
  split_rule: 'hash(seed=10,ratio=0.95)',
  scores: null,
  value_model: null,
  attribute_set: 'oasst-12-lang@1',
} as const

const lineage = {
  source: 'example',
  line: 1,
  configuration: '93cf07e2ef3d4966dc25f59ff56536191fa9a4f7e3949df9fef3d3ff238a5ae4',
  models: [],
}

/** A thread without ratings; its source names the split. */
const thread: Raw = {
  split: 'validation',
  record: {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello?' },
      { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
    ],
  },
}

/** The work of preprocess, shown on the smallest records. */
export const preprocessExamples: readonly {
  readonly title: string
  readonly given: Raw
  readonly options: { readonly system: string }
  readonly expect: readonly { readonly to: 'labelled' | 'unscored'; readonly value: Conversation }[]
}[] = [
  {
    title: 'a rated path becomes training data, and is scored too',
    given: tree,
    options: { system: 'A chat.\n\n' },
    expect: [
      {
        to: 'labelled',
        value: {
          ...fromTree,
          conversations: [...fromTree.conversations],
          type: 'TEXT_TO_VALUE',
          steerflow: {
            id: 'dc47d562c5a92a2b7cc7b7d1b3f8793d8a9caf0c68ae55640506ec0782be2faa',
            ...provenance,
            origin: 'oasst-tree',
            lineage,
          },
        },
      },
      {
        to: 'unscored',
        value: {
          ...fromTree,
          conversations: [...fromTree.conversations],
          type: 'VALUE_TO_TEXT',
          steerflow: {
            id: '124274b51df11dc16691a68803c5f7fcd1acbbe0799e3101cf1fd9a47b0da450',
            ...provenance,
            origin: 'oasst-tree',
            lineage,
          },
        },
      },
    ],
  },
  {
    title: 'a path without ratings is only scored; its format is detected',
    given: thread,
    options: { system: 'A chat.\n\n' },
    expect: [
      {
        to: 'unscored',
        value: {
          conversations: [
            { value: 'Hello?', from: 'User' },
            { value: 'Hello.', from: 'Assistant' },
          ],
          tree_id: 'b6859733b2196d2cfb7cd7a5cd0b90ddd6ea38a984ea124f314f8a047930494a',
          system: 'Be brief.',
          mask: 'User',
          type: 'VALUE_TO_TEXT',
          steerflow: {
            id: '56de52e9f76758c39434293515ed94b14d16d514ae62654cd7c5548c3528a794',
            ...provenance,
            split: 'validation',
            split_rule: 'source',
            origin: 'openai-messages',
            lineage: { ...lineage, source: 'test', line: 0 },
          },
        },
      },
    ],
  },
]
