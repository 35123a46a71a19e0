import { z } from 'zod'
import { Split } from './conversation.js'

const Lineage = z.looseObject({ source: z.string(), line: z.number() })
const Own = z.looseObject({ id: z.string(), split: Split, origin: z.string(), lineage: Lineage })
const Line = z.looseObject({ tree_id: z.string(), steerflow: Own })

/** What of a conversation line decides on its place in a dataset. */
export interface LineHead {
  readonly id: string
  readonly tree: string
  readonly split: Split
  readonly origin: string
  readonly lineage: { readonly source: string; readonly line: number }
}

const steerflow = Buffer.from(', "steerflow": {')
const treeId = Buffer.from(', "tree_id": "')
const scores = Buffer.from(', "scores": ')
const valueModel = Buffer.from(', "value_model": ')

const text = String.raw`"(?:[^"\\]|\\.)*"`
/** What stands between the turns and steerflow's own part, and how a line without further labels ends. */
const middle = new RegExp(`^, "tree_id": (${text}), "system": ${text}, "mask": ${text}, "type": ${text}$`)
const ending = new RegExp(`^, "value_model": (?:null|${text}), "attribute_set": ${text}}}$`)

/**
 * The head of a line that `conversationLine` wrote, given as bytes without the line end. Only the head is parsed, which is
 * a tenth of the work of parsing the line: in the usual line its place is certain, since no string can hold a quote that
 * is not escaped, steerflow's part is the last, and keys that are not known would stand behind those that are. Where the
 * line looks otherwise, it is parsed as a whole.
 * @throws an Error when it is no such line
 */
export function lineHead(line: Buffer): LineHead {
  return quickHead(line) ?? wholeHead(line)
}

function quickHead(line: Buffer): LineHead | null {
  const end = line.lastIndexOf(valueModel)
  if (end < 0 || !ending.test(line.toString('utf8', end))) return null
  const own = line.lastIndexOf(steerflow)
  const ownEnd = line.indexOf(scores, own)
  const tree = line.lastIndexOf(treeId, own)
  if (own < 0 || tree < 0 || ownEnd < 0) return null
  const found = middle.exec(line.toString('utf8', tree, own))
  if (!found) return null
  try {
    const head = Own.parse(JSON.parse(`${line.toString('utf8', own + steerflow.byteLength - 1, ownEnd)}}`))
    return headOf(JSON.parse(found[1]!) as string, head)
  } catch {
    return null
  }
}

function wholeHead(line: Buffer): LineHead {
  const { tree_id, steerflow } = Line.parse(JSON.parse(line.toString('utf8')))
  return headOf(tree_id, steerflow)
}

const headOf = (tree: string, { id, split, origin, lineage }: z.output<typeof Own>): LineHead => ({
  id,
  tree,
  split,
  origin,
  lineage: { source: lineage.source, line: lineage.line },
})
