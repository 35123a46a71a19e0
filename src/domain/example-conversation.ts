import type { Conversation, Provenance, Turn } from './conversation.js'

/** A conversation for the worked examples of stages: these turns, and of its provenance what the example is about. */
export const exampleConversation = (turns: Turn[], provenance: Partial<Provenance> = {}): Conversation => ({
  conversations: turns,
  tree_id: 'tree-1',
  system: 'A chat.\n\n',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
  steerflow: {
    id: 'example-1',
    split: 'train',
    split_rule: 'source',
    origin: 'oasst-tree',
    lineage: {
      source: 'example',
      line: 1,
      configuration: 'example',
      models: provenance.value_model ? [provenance.value_model] : [],
    },
    scores: null,
    value_model: null,
    attribute_set: 'oasst-12-lang@1',
    ...provenance,
  },
})
