/** Cost of a cached text in addition to its characters, in characters: for its ids and the tables. */
const overhead = 50

/**
 * Caches ids of texts (or promises of them), up to `capacity` characters in all; a text counts 50 more than its length. There are two
 * generations: used texts are young; when the young ones fill half of the capacity, they become old, and the old ones
 * are dropped. A hit costs one look-up, less than in an LRU list.
 */
export function cachedEncode<Ids extends object>(
  encode: (text: string) => Ids,
  capacity: number,
): (text: string) => Ids {
  let young = new Map<string, Ids>()
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
