import { sourceInvalid, wellFormed } from '../source-error.js'
import type { SourceConversation } from './format.js'

/** One entry of a thread: its speaker, by the source's name, and its text. */
export interface ThreadEntry {
  readonly speaker: string
  readonly text: string
}

/**
 * Turns the entries of a thread into a conversation. The system prompt may only come first.
 * @param speakers the meaning of the source's names
 * @param path the entry's place in the record, for messages
 * @throws STEERFLOW_SOURCE_INVALID for an unknown speaker, a late system prompt, or fewer than two turns.
 */
export function readThread(
  entries: readonly ThreadEntry[],
  speakers: Readonly<Record<string, 'User' | 'Assistant' | 'System'>>,
  path: (index: number) => string,
  system: string | null = null,
): SourceConversation {
  const conversation = { treeId: null, turns: [] as SourceConversation['turns'], system, mask: null }
  for (const [index, { speaker, text }] of entries.entries()) {
    const from = Object.hasOwn(speakers, speaker) ? speakers[speaker] : undefined
    if (from === undefined) throw sourceInvalid(path(index), `unknown speaker ${JSON.stringify(speaker)}`)
    const value = wellFormed(text, () => path(index))
    if (from !== 'System') conversation.turns.push({ value, from })
    else if (index === 0) conversation.system = value
    else throw sourceInvalid(path(index), 'a system prompt can only come first')
  }
  if (conversation.turns.length < 2) throw sourceInvalid('', 'a conversation of at least two turns is required')
  return conversation
}
