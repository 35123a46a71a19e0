import { recipes } from '../oasst/recipe.js'
import { pathOf, readTree } from '../oasst/tree.js'
import { sourceInvalid } from '../source-error.js'
import type { SourceFormat } from './format.js'
import { allBut, type Fields, isFields, notRead, saysNothing } from './meaning.js'

/** Keys that a message may have beside its text; `labels` are read. */
const refuses = allBut('prompt', 'labels')

/** OpenAssistant's message trees, one per record: `{message_tree_id, prompt: {text, role, lang, labels, replies}}`. */
export const oasstTree: SourceFormat = {
  name: 'oasst-tree',
  whole: true,
  summary: 'OpenAssistant message trees: {message_tree_id, prompt: {text, role, labels, replies: […]}}',
  attributeSet: recipes.stream.set.name,
  refuses: [...refuses, 'labels'],
  detect: record => isFields(record['prompt']) && !Object.hasOwn(record['prompt'], 'messages'),
  read: (record, bounds) => {
    const tree = readTree(record, recipes.stream, bounds)
    mustBeRead(record['prompt'])
    return tree.leaves.map(leaf => ({
      treeId: tree.treeId,
      turns: pathOf(tree, leaf),
      system: null,
      mask: null,
    }))
  },
}

/** @throws STEERFLOW_SOURCE_INVALID when a message of the tree has a key that carries meaning and is not read */
function mustBeRead(prompt: unknown): void {
  const open: unknown[] = [prompt]
  for (let message = open.pop(); message !== undefined; message = open.pop()) {
    if (!isFields(message)) continue
    const fields: Fields = message
    const strange = refuses.find(key => Object.hasOwn(fields, key) && !saysNothing(fields[key]))
    if (strange !== undefined) throw notRead(`prompt … ${strange}`, strange, oasstTree.name)
    const { replies, labels } = fields
    if (isFields(labels) && Array.isArray(labels['name']))
      throw sourceInvalid(
        'prompt … labels',
        'they are in columns (name, value); write each as {"quality": {"value": 0.75}}',
      )
    if (Array.isArray(replies)) for (const reply of replies as unknown[]) open.push(reply)
  }
}
