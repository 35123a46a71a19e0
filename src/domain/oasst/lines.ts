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
 * its line end. Turns that paths share are spelled once, and copied.
 */
export function treeWriter({ recipe, mask, type }: LineSettings): (tree: Tree) => Uint8Array<ArrayBuffer> {
  const rest = `"system": ${pythonJson(recipe.system)}, "mask": ${pythonJson(mask)}, "type": ${pythonJson(type)}}\n`
  return ({ treeId, nodes, leaves }) => {
    const begin = bytes('{"conversations": [')
    const end = bytes(`], ${recipe.treeId ? `"tree_id": ${pythonJson(treeId)}, ` : ''}${rest}`)
    // A turn with the separator before it, and the bytes of the path up to and including it.
    const turns = nodes.map(({ turn, depth }) => bytes((depth > 1 ? ', ' : '') + turnJson(turn)))
    const lengths: number[] = []
    for (const [at, { parent }] of nodes.entries()) lengths.push((lengths[parent] ?? 0) + turns[at]!.length)

    const total = leaves.reduce((sum, leaf) => sum + begin.length + lengths[leaf]! + end.length, 0)
    const out = new Uint8Array(total)
    let written = 0
    for (const leaf of leaves) {
      out.set(begin, written)
      written += begin.length
      for (let at = leaf; at !== -1; at = nodes[at]!.parent)
        out.set(turns[at]!, written + lengths[at]! - turns[at]!.length)
      written += lengths[leaf]!
      out.set(end, written)
      written += end.length
    }
    return out
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8')

/** A turn by hand, since it is most of the work: the same as `pythonJson`. */
function turnJson({ value, from, label, lang }: Turn): string {
  const spoken = `{"value": ${JSON.stringify(value)}, "from": "${from}"`
  const labelled = label === undefined ? spoken : `${spoken}, "label": ${JSON.stringify(label)}`
  return lang === undefined ? `${labelled}}` : `${labelled}, "lang": ${JSON.stringify(lang)}}`
}
