import type { Conversation } from './conversation.js'
import { digest } from './digest.js'

/** Identifies a conversation by its words, not by its labels: a corrected label replaces the record that it corrects. */
export const conversationId = ({
  conversations,
  tree_id,
  system,
  mask,
  type,
}: Omit<Conversation, 'steerflow'>): string =>
  digest(type, tree_id, system, mask, ...conversations.flatMap(turn => [turn.from, turn.value]))
