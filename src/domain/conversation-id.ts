import type { Conversation } from './conversation.js'
import { digest } from './digest.js'

/** Names a conversation by what is said in it, not by its labels: a corrected label replaces the record it corrects. */
export const conversationId = ({
  conversations,
  tree_id,
  system,
  mask,
  type,
}: Omit<Conversation, 'steerflow'>): string =>
  digest(type, tree_id, system, mask, ...conversations.flatMap(turn => [turn.from, turn.value]))
