import { conversationId } from './conversation-id.js'
import type { Change, Conversation } from './conversation.js'
import { digest } from './digest.js'
import { pythonJson } from './json/json.js'

/** The parts of a conversation that determine its id and that a stage may change. */
export type Content = Pick<Conversation, 'conversations' | 'system' | 'mask'>

/**
 * The conversation with changed text or turns: it gets the id of its new content, and its lineage records the stage, the
 * digest of the stage's options and the former id. If the id does not change, returns the record as it is.
 * @param by the stage that changes it, and the stage's options
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
