import type { Conversation } from './conversation.js'
import { digest } from './digest.js'

/**
 * The contents of a conversation after each of its turns, as digests of 128 bits; the last is that of the whole. A
 * conversation repeats the beginning of another exactly if its last is among the other's. Labels belong to the content,
 * so that nothing that was labelled is taken for a repeat of something that was not. Conversations of different trees or
 * sessions have no content in common.
 */
export function contentsOf({ conversations, tree_id, system, mask, type, steerflow }: Conversation): readonly string[] {
  const { lineage, attribute_set } = steerflow
  let content = digest(tree_id, lineage.session ?? '', system, mask, type, attribute_set)
  return conversations.map(({ value, from, label = null, lang = null }) => {
    content = digest(content, JSON.stringify([value, from, label, lang])).slice(0, 32)
    return content
  })
}
