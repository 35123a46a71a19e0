import { conversationId } from './conversation-id.js'
import type { Change, Conversation } from './conversation.js'
import { digest } from './digest.js'
import { pythonJson } from './json/json.js'

/** What of a conversation its id is made of, and a stage may change. */
export type Content = Pick<Conversation, 'conversations' | 'system' | 'mask'>

/**
 * The conversation with other text or turns: under the id of what it says now, with the stage, the digest of the stage's
 * options and the former id on its lineage. Where nothing that counts has changed, the record as it is.
 * @param by the stage that changes it, by its name, and the options with which it does
 */
export function changed(
  record: Conversation,
  content: Partial<Content>,
  by: { readonly stage: string; readonly options: unknown },
): Conversation {
  const { steerflow, ...before } = record
  const after = { ...before, ...content }
  const id = conversationId(after)
  if (id === conversationId(before)) return record
  const change: Change = { stage: by.stage, options: digest(by.stage, pythonJson(by.options)), parent: steerflow.id }
  const { lineage } = steerflow
  return {
    ...after,
    steerflow: { ...steerflow, id, lineage: { ...lineage, changes: [...(lineage.changes ?? []), change] } },
  }
}
