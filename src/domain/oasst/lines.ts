import { ByteSink } from '../byte-sink.js'
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
export function treeWriter({ recipe, mask, type }: LineSettings): (tree: Tree, out: ByteSink) => void {
  const begin = '{"conversations": ['
  const rest = `"system": ${pythonJson(recipe.system)}, "mask": ${pythonJson(mask)}, "type": ${pythonJson(type)}}\n`
  const spelled = new ByteSink(2 ** 16)
  return ({ treeId, nodes, leaves }, out) => {
    const end = `], ${recipe.treeId ? `"tree_id": ${pythonJson(treeId)}, ` : ''}${rest}`
    spelled.clear()
    /** Where each turn, with the separator before it, ends in `spelled`; it begins where the one before it ends. */
    const ends = nodes.map(({ turn, depth }) => {
      spelled.text(depth > 1 ? `, ${turnJson(turn)}` : turnJson(turn))
      return spelled.length
    })
    const path: number[] = []
    for (const leaf of leaves) {
      for (let at = leaf; at !== -1; at = nodes[at]!.parent) path.push(at)
      out.text(begin)
      for (let at = path.pop(); at !== undefined; at = path.pop()) out.copy(spelled, ends[at - 1] ?? 0, ends[at]!)
      out.text(end)
    }
  }
}

/** A turn by hand, since it is most of the work: the same as `pythonJson`. */
function turnJson({ value, from, label, lang }: Turn): string {
  const spoken = `{"value": ${JSON.stringify(value)}, "from": "${from}"`
  const labelled = label === undefined ? spoken : `${spoken}, "label": ${label === null ? 'null' : quoted(label)}`
  return lang === undefined ? `${labelled}}` : `${labelled}, "lang": ${quoted(lang)}}`
}

/** Labels and languages hardly ever have something to escape; texts are well-formed already. */
const quoted = (text: string): string => (special.test(text) ? JSON.stringify(text) : `"${text}"`)

const special = /["\\\x00-\x1f]/
