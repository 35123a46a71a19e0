import type { Turn } from '../conversation.js'
import { checkFanout, type FanoutBounds } from '../fanout.js'
import { sourceInvalid, wellFormed } from '../source-error.js'
import type { Recipe } from './recipe.js'
import { type Message, turnOf } from './turn.js'

/** A turn in its tree. */
export interface TreeNode {
  readonly turn: Turn
  /** Index of the turn before it; -1 for the first. */
  readonly parent: number
  /** The number of turns up to and including this one. */
  readonly depth: number
}

/** A message tree as turns; each is stored once, however many paths contain it. */
export interface Tree {
  readonly treeId: string
  /** Depth first; a parent comes before its children. */
  readonly nodes: readonly TreeNode[]
  /** The last node of each path of two turns or more, in the original's order. */
  readonly leaves: readonly number[]
}

/** A message that is not yet read; its place is only written out for an error. */
interface Pending {
  readonly message: unknown
  readonly parent: number
  readonly path: Place
}

/** A path in the record, as a list that shares its beginning: a number is an index in `replies`. */
interface Place {
  readonly step: number | '' | '.prompt'
  readonly before: Place | null
}

/**
 * Walks a message tree depth first, replies in their order, one path for each leaf
 * (docs/reference/original-scripts.md#paths-of-a-tree). Deleted, unreviewed and spam messages are kept; so are paths that
 * end with the user's turn, but not paths of one turn. Not recursive, so that only `bounds.turns` limits the depth.
 * @throws STEERFLOW_SOURCE_INVALID where the original crashes; STEERFLOW_FANOUT when the tree becomes too large.
 */
export function readTree(record: Message, recipe: Recipe, bounds: FanoutBounds): Tree {
  const nodes: TreeNode[] = []
  /** Bytes of the path to each node. */
  const pathBytes: number[] = []
  const leaves: number[] = []
  let bytes = 0
  const endPath = (last: number) => {
    const node = nodes[last]
    if (!node || node.depth < 2) return
    leaves.push(last)
    bytes += pathBytes[last]!
    checkFanout(bounds, 'paths', leaves.length)
    checkFanout(bounds, 'bytes', bytes)
  }

  const pending: Pending[] = [{ message: record, parent: -1, path: { step: '', before: null } }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { message, path, parent } = unwrap(next)
    // A reply that is not a message ends its parent's path, as in the original.
    if (message === null) {
      endPath(parent)
      continue
    }
    const depth = (nodes[parent]?.depth ?? 0) + 1
    checkFanout(bounds, 'turns', depth)
    const where = () => placeText(path)
    const turn = turnOf(message, recipe, where)
    const index = nodes.push({ turn, parent, depth }) - 1
    pathBytes.push((pathBytes[parent] ?? 0) + Buffer.byteLength(turn.value) + (turn.label?.length ?? 0))
    const replies = message['replies']
    if (!Array.isArray(replies)) throw sourceInvalid(`${where()}.replies`, 'a list is required')
    for (let at = replies.length - 1; at >= 0; at--)
      pending.push({ message: replies[at], parent: index, path: { step: at, before: path } })
    if (replies.length === 0) endPath(index)
  }

  const treeId = record['message_tree_id']
  if (leaves.length === 0) return { treeId: '', nodes, leaves }
  if (typeof treeId !== 'string') throw sourceInvalid('message_tree_id', 'a text is required')
  return { treeId: wellFormed(treeId, () => 'message_tree_id'), nodes, leaves }
}

/** The message itself: the object under `prompt`, or the object itself if it has a text and a role, or null. */
function unwrap({ message, path, parent }: Pending): { message: Message | null; path: Place; parent: number } {
  if (!isObject(message)) throw sourceInvalid(placeText(path), 'an object is required')
  if (Object.hasOwn(message, 'prompt')) {
    const place = { step: '.prompt', before: path } as const
    const prompt = message['prompt']
    if (!isObject(prompt)) throw sourceInvalid(placeText(place), 'an object is required')
    return { message: prompt, path: place, parent }
  }
  const spoken = Object.hasOwn(message, 'text') && Object.hasOwn(message, 'role')
  return { message: spoken ? message : null, path, parent }
}

const isObject = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** At most the last eight steps: a deep place is not written out in full. */
function placeText(place: Place): string {
  const steps: string[] = []
  let at: Place | null = place
  for (; at && steps.length < 8; at = at.before)
    steps.unshift(typeof at.step === 'number' ? `.replies[${at.step}]` : at.step)
  return `${at ? '…' : ''}${steps.join('')}`.replace(/^\./, '')
}

/** The turns of the path that ends at a node, from the first. */
export function pathOf(tree: Tree, leaf: number): Turn[] {
  const turns: Turn[] = []
  for (let at = leaf; at !== -1; at = tree.nodes[at]!.parent) turns.push(tree.nodes[at]!.turn)
  return turns.reverse()
}
