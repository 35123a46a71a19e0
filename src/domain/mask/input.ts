import type { ConversationType, Turn } from '../conversation.js'

/** What the loss mask of a conversation depends on. Without a type, attribute lines are left out of the text. */
export interface MaskInput {
  readonly conversations: readonly Pick<Turn, 'from' | 'value' | 'label'>[]
  readonly system: string
  /** The masked role, or several with commas between. */
  readonly mask: string
  readonly type: ConversationType | null
}
