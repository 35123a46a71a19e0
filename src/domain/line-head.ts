import { z } from 'zod'
import { Split } from './conversation.js'

const Lineage = z.looseObject({ source: z.string(), line: z.number() })
const Own = z.looseObject({ id: z.string(), split: Split, origin: z.string(), lineage: Lineage })
const Line = z.looseObject({ tree_id: z.string(), steerflow: Own })

/** The parts of a conversation line that determine its place in a dataset. */
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

/** A JSON string. Unrolled, since an alternative for each character costs several times as much. */
const text = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`
/** The text between the turns and steerflow's own part. */
const middle = new RegExp(`^, "tree_id": (${text}), "system": ${text}, "mask": ${text}, "type": ${text}$`)
/** The beginning of that part. */
const beginning = new RegExp(
  `^, "steerflow": {"id": (${text}), "split": "(train|validation)", "split_rule": ${text}, "origin": (${text}), ` +
    `"lineage": {"source": (${text}), "line": ([0-9]{1,15}), `,
)
/** The end of a line that has no further labels. */
const ending = new RegExp(`^, "value_model": (?:null|${text}), "attribute_set": ${text}}}$`)

/**
 * The head of a line that `conversationLine` wrote, given as bytes without the line end. Only the head is examined, which
 * takes a sixth of the time of parsing the line. In a usual line its place is certain: no string contains an unescaped
 * quote, steerflow's part comes last, and unknown keys would come after known ones. Other lines are parsed as a whole.
 * @throws an Error when it is not such a line
 */
export function lineHead(line: Buffer): LineHead {
  return quickHead(line) ?? wholeHead(line)
}

function quickHead(line: Buffer): LineHead | null {
  const end = line.lastIndexOf(valueModel)
  if (end < 0 || !ending.test(line.toString('utf8', end))) return null
  const own = line.lastIndexOf(steerflow, end)
  const ownEnd = line.indexOf(scores, own)
  const tree = line.lastIndexOf(treeId, own)
  if (own < 0 || tree < 0 || ownEnd < 0) return null
  const before = middle.exec(line.toString('utf8', tree, own))
  const head = beginning.exec(line.toString('utf8', own, ownEnd))
  if (!before || !head) return null
  const [, id, split, origin, source, number] = head as unknown as readonly [
    string,
    string,
    Split,
    string,
    string,
    string,
  ]
  try {
    return {
      id: textOf(id),
      tree: textOf(before[1]!),
      split,
      origin: textOf(origin),
      lineage: { source: textOf(source), line: Number(number) },
    }
  } catch {
    return null
  }
}

/**
 * Decodes a JSON string. A slice of the head would be a view, which keeps the whole head in memory for as long as it lives
 * and is slower to compare.
 */
const textOf = (json: string): string => JSON.parse(json) as string

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
