import type { ConversationType, Turn } from '../conversation.js'

/** The input of a loss mask. Without a type, attribute lines are left out of the text. */
export interface MaskInput {
  readonly conversations: readonly Pick<Turn, 'from' | 'value' | 'label'>[]
  readonly system: string
  /** The masked role, or several separated by commas. */
  readonly mask: string
  readonly type: ConversationType | null
}
