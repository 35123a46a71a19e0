import { type Encode } from '../../domain/mask/tokenizer.js'

/**
 * Remembers ids of texts: the paths of a tree share their turns. Holds texts of `capacity` characters in all, the least
 * recently used go first.
 */
export function cachedEncode(encode: Encode, capacity: number): Encode {
  const known = new Map<string, readonly number[]>()
  let held = 0
  return text => {
    const found = known.get(text)
    if (found) {
      known.delete(text)
      known.set(text, found)
      return found
    }
    const ids = encode(text)
    if (text.length > capacity) return ids
    known.set(text, ids)
    held += text.length
    for (const [oldest] of known) {
      if (held <= capacity) break
      known.delete(oldest)
      held -= oldest.length
    }
    return ids
  }
}
