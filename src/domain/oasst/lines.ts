import { type ConversationType, type Turn } from '../conversation.js'
import { pythonJson } from '../json/python.js'
import { type Recipe } from './recipe.js'
import { type Tree } from './tree.js'

/** The keys that all records of a run share. */
export interface LineSettings {
  readonly recipe: Recipe
  readonly mask: string
  readonly type: ConversationType
}

/**
 * Makes the writer of a tree's conversations in the original's bytes (steerlm-scripts §1.5-6): one line a path, each with
 * its line end. Turns that paths share are spelled once.
 */
export function treeWriter({ recipe, mask, type }: LineSettings): (tree: Tree) => string {
  const rest = `"system": ${pythonJson(recipe.system)}, "mask": ${pythonJson(mask)}, "type": ${pythonJson(type)}}\n`
  return tree => {
    const id = recipe.treeId ? `"tree_id": ${pythonJson(tree.treeId)}, ` : ''
    const end = `], ${id}${rest}`
    const paths: string[] = []
    for (const { turn, parent } of tree.nodes)
      paths.push(parent === -1 ? `{"conversations": [${turnJson(turn)}` : `${paths[parent]!}, ${turnJson(turn)}`)
    let lines = ''
    for (const leaf of tree.leaves) lines += paths[leaf]! + end
    return lines
  }
}

/** A turn by hand, since it is most of the work: the same as `pythonJson`. */
function turnJson({ value, from, label, lang }: Turn): string {
  const spoken = `{"value": ${JSON.stringify(value)}, "from": "${from}"`
  const labelled = label === undefined ? spoken : `${spoken}, "label": ${JSON.stringify(label)}`
  return lang === undefined ? `${labelled}}` : `${labelled}, "lang": ${JSON.stringify(lang)}}`
}
