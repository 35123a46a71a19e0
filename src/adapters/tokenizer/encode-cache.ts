import type { Encode } from '../../domain/mask/tokenizer.js'

/** What remembering a text costs beside its characters, in characters: its ids and the tables' own. */
const overhead = 50

/**
 * Remembers ids of texts, up to `capacity` characters in all; a text counts 50 more than it has. There are two
 * generations: what is used is young, and when the young ones fill half of the room, they become old and the old ones are
 * forgotten. Unlike a list by last use, a hit then costs one look-up.
 */
export function cachedEncode(encode: Encode, capacity: number): Encode {
  let young = new Map<string, readonly number[]>()
  let old: typeof young = new Map()
  let held = 0
  return text => {
    const known = young.get(text)
    if (known) return known
    const ids = old.get(text) ?? encode(text)
    const cost = text.length + overhead
    if (cost > capacity / 2) return ids
    if (held + cost > capacity / 2) {
      old = young
      young = new Map()
      held = 0
    }
    young.set(text, ids)
    held += cost
    return ids
  }
}
