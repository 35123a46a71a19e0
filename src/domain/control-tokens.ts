import type { Conversation } from './conversation.js'

/** A control string in a conversation, and its place, e.g. `conversations.2.value`. */
export interface FoundToken {
  readonly token: string
  readonly place: string
}

/**
 * Finds the first of these control strings in the words of a conversation: system prompt, speakers, texts or labels. They
 * separate the parts of the prompt template, so such a text would be misread.
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
