import { type Conversation, testStage } from 'steerflow'
import { expect, it } from 'vitest'
import { longReplies } from './long-replies.js'

const ending = (reply: string): Conversation => ({
  conversations: [
    { value: 'What is a stream?', from: 'User' },
    { value: reply, from: 'Assistant' },
  ],
  tree_id: 'tree-1',
  system: 'A chat.\n\n',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
  steerflow: {
    id: 'id-1',
    split: 'train',
    split_rule: 'source',
    origin: 'sharegpt',
    lineage: { source: 'example', line: 1, configuration: 'example', models: [] },
    scores: null,
    value_model: null,
    attribute_set: 'oasst-12-lang@1',
  },
})

it('keeps a reply that says something', async () => {
  const conversation = ending('Records that come  one after another.')
  expect(await testStage(longReplies, conversation, { needs: {} })).toEqual([{ to: 'kept', value: conversation }])
})

it('leaves a short one out, and says how short it is', async () => {
  const conversation = ending(' Records. ')
  const left = { to: 'short', value: { words: 1, conversation } }
  expect(await testStage(longReplies, conversation, { needs: {} })).toEqual([left])
})

it('has the bound as an option', async () => {
  const options = { least: 1 }
  expect(await testStage(longReplies, ending('Records.'), { needs: {}, options })).toMatchObject([{ to: 'kept' }])
})
