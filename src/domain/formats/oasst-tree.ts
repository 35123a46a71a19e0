import { recipes } from '../oasst/recipe.js'
import { pathOf, readTree } from '../oasst/tree.js'
import type { SourceFormat } from './format.js'

/** OpenAssistant's message trees, one per record: `{message_tree_id, prompt: {text, role, lang, labels, replies}}`. */
export const oasstTree: SourceFormat = {
  name: 'oasst-tree',
  summary: 'OpenAssistant message trees: {message_tree_id, prompt: {text, role, labels, replies: […]}}',
  attributeSet: recipes.stream.set.name,
  detect: record => 'prompt' in record && typeof record['prompt'] === 'object',
  read: (record, bounds) => {
    const tree = readTree(record, recipes.stream, bounds)
    return tree.leaves.map(leaf => ({
      treeId: tree.treeId,
      turns: pathOf(tree, leaf),
      system: null,
      mask: null,
    }))
  },
}
