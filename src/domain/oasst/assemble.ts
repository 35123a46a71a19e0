import { sourceInvalid } from '../source-error.js'
import type { Message } from './turn.js'

/** Whether a record is one message of a tree, as in exports with one message per line. */
export const isFlatMessage = (record: Message): boolean =>
  typeof record['message_id'] === 'string' &&
  typeof record['message_tree_id'] === 'string' &&
  'text' in record &&
  'role' in record &&
  !('replies' in record)

/**
 * Assembles a message tree as JSON text from its messages in any order; replies keep the order of the messages. No
 * recursion, so that any depth works.
 * @throws STEERFLOW_SOURCE_INVALID when there is not exactly one message without a parent, an id is repeated, or a
 * message's parent is not among the messages.
 */
export function assembleTree(messages: readonly Message[]): string {
  const children = new Map<string, Message[]>()
  const ids = new Set<string>()
  const roots: Message[] = []
  for (const message of messages) {
    const id = idOf(message)
    if (ids.has(id)) throw sourceInvalid(id, 'two messages have this id')
    ids.add(id)
    const parent = message['parent_id']
    if (parent === null || parent === undefined) roots.push(message)
    else if (typeof parent !== 'string') throw sourceInvalid(`${id}.parent_id`, 'a text or null is required')
    else {
      const siblings = children.get(parent)
      if (siblings) siblings.push(message)
      else children.set(parent, [message])
    }
  }
  const [root, second] = roots
  if (!root || second) throw sourceInvalid('parent_id', `one message without a parent is required, not ${roots.length}`)

  const order = [root]
  for (let at = 0; at < order.length; at++) for (const reply of children.get(idOf(order[at]!)) ?? []) order.push(reply)
  if (order.length < messages.length) {
    const reached = new Set(order)
    const lost = messages.find(message => !reached.has(message))!
    throw sourceInvalid(idOf(lost), `its parent ${JSON.stringify(lost['parent_id'])} is not in the tree`)
  }

  const texts = new Map<Message, string>()
  for (const message of order.reverse()) {
    let replies = ''
    for (const reply of children.get(idOf(message)) ?? [])
      replies += replies === '' ? texts.get(reply)! : ',' + texts.get(reply)!
    texts.set(message, `${own(message).slice(0, -1)},"replies":[${replies}]}`)
  }
  return `{"message_tree_id":${JSON.stringify(root['message_tree_id'])},"prompt":${texts.get(root)!}}`
}

const idOf = (message: Message): string => message['message_id'] as string

/** A message without its replies. Its labels may be columns, as in tables: `{name: […], value: […]}`. */
function own(message: Message): string {
  const { labels, ...rest } = message
  if (labels === null || labels === undefined) return JSON.stringify(rest)
  const { name, value } = labels as { readonly name?: unknown; readonly value?: unknown }
  if (!Array.isArray(name) || !Array.isArray(value)) return JSON.stringify(message)
  const rows = name.map((key, index) => [String(key), { value: value[index] as unknown }] as const)
  return JSON.stringify({ ...rest, labels: Object.fromEntries(rows) })
}
