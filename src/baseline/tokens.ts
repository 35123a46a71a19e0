import { type PromptTokens } from '../domain/prompt-tokens.js'

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/**
 * Divides text into the tokens of this model. It has no learnt vocabulary: a token is one of the prompt's control
 * strings, a word (letters and underscores, so that an attribute's key and a language code are one each), a single digit,
 * or any other single character.
 */
export function tokenizer({ system, turn, label }: PromptTokens): (text: string) => readonly string[] {
  const control = [system, turn, label].map(escaped).join('|')
  const token = new RegExp(`${control}|\\p{L}[\\p{L}\\p{M}_]*|[^]`, 'gu')
  return text => text.match(token) ?? []
}

/** A number for a token: the code point of a single character, a hash above all code points for the others. */
export function tokenId(token: string): number {
  const first = token.codePointAt(0) ?? 0
  if (token.length === String.fromCodePoint(first).length) return first
  let hash = 0x811c9dc5
  for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193)
  return 0x110000 + ((hash >>> 0) % 2 ** 20)
}

/** Where each token begins, in code points. */
export function tokenOffsets(tokens: readonly string[]): readonly number[] {
  let at = 0
  return tokens.map(token => {
    const begin = at
    at += [...token].length
    return begin
  })
}
