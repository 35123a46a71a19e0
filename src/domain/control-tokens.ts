import type { Conversation } from './conversation.js'

/** A control string in a conversation, and the place where it stands, e.g. `conversations.2.value`. */
export interface FoundToken {
  readonly token: string
  readonly place: string
}

/**
 * The first of these control strings that is written in a conversation's own words: system prompt, speakers, texts or
 * labels. The prompt template separates its parts by them, so that such a text would be read as something else.
 */
export function findControlToken(
  { system, conversations }: Pick<Conversation, 'system' | 'conversations'>,
  tokens: readonly string[],
): FoundToken | null {
  const search = (place: string, text: string): FoundToken | null => {
    const token = tokens.find(candidate => text.includes(candidate))
    return token === undefined ? null : { token, place }
  }
  const inSystem = search('system', system)
  if (inSystem) return inSystem
  for (const [index, { from, value, label }] of conversations.entries()) {
    const place = `conversations.${index}`
    const found =
      search(`${place}.from`, from) ?? search(`${place}.value`, value) ?? search(`${place}.label`, label ?? '')
    if (found) return found
  }
  return null
}
