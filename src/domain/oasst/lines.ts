import type { ByteSink } from '../byte-sink.js'
import type { ConversationType } from '../conversation.js'
import { pythonJson } from '../json/json.js'
import type { Recipe } from './recipe.js'
import { type SpelledTree, turnHead, turnTail } from './spelled.js'
import type { Tree } from './tree.js'

/** The keys that all records of a run share. */
export interface LineSettings {
  readonly recipe: Recipe
  readonly mask: string
  readonly type: ConversationType
}

/** Writes the turns of a tree in the original's bytes. */
export function spellTree({ treeId, nodes, leaves }: Tree, into: SpelledTree): void {
  into.clear()
  into.treeId = treeId
  const { bytes } = into
  for (const { turn, parent, depth } of nodes) {
    into.parents.push(parent)
    into.starts.push(bytes.length)
    bytes.text(turnHead(depth === 1) + JSON.stringify(turn.value).slice(1, -1) + turnTail(turn))
    into.ends.push(bytes.length)
    if (turn.lang !== undefined) into.langs.add(turn.lang)
  }
  for (const leaf of leaves) into.leaves.push(leaf)
}

/**
 * Makes the writer of a tree's conversations in the original's bytes
 * (docs/reference/original-scripts.md#preprocessing): a line for each path, with its line end.
 */
export function pathWriter({ recipe, mask, type }: LineSettings): (tree: SpelledTree, out: ByteSink) => void {
  const begin = '{"conversations": ['
  const rest = `"system": ${pythonJson(recipe.system)}, "mask": ${pythonJson(mask)}, "type": ${pythonJson(type)}}\n`
  return ({ treeId, leaves, parents, bytes, starts, ends }, out) => {
    const end = `], ${recipe.treeId ? `"tree_id": ${pythonJson(treeId)}, ` : ''}${rest}`
    const path: number[] = []
    for (const leaf of leaves) {
      for (let at = leaf; at !== -1; at = parents[at]!) path.push(at)
      out.text(begin)
      for (let at = path.pop(); at !== undefined; at = path.pop()) out.copy(bytes, starts[at]!, ends[at]!)
      out.text(end)
    }
  }
}
