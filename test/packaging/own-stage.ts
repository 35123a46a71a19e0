// Compiled and run outside the repository, beside a copy of the example: the test spells that import anew.
import { type Conversation, SteerflowError, testStage } from 'steerflow'
import { longReplies } from '../../examples/03-own-stage/long-replies.js'

const conversation: Conversation = {
  conversations: [
    { value: 'What is a stream?', from: 'User' },
    { value: 'Records that come one after another.', from: 'Assistant' },
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
}
const emissions = await testStage(longReplies, conversation, { needs: {} })
// @ts-expect-error: that the package's types are seen, and are not `any`.
const wrong: number = emissions
console.log(JSON.stringify({ to: emissions.map(({ to }) => to), errors: typeof SteerflowError, wrong: typeof wrong }))
