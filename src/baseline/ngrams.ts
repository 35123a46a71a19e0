/**
 * Hashed n-grams of a text. An n-gram is a number below `buckets`: n-grams that share a bucket share a weight, which costs
 * little and makes a dictionary unnecessary.
 */

/** Buckets of each kind of n-gram. */
export const buckets = 2 ** 16

/** Length of the part of a text that is used, in UTF-16 units: the rest changes few n-grams and costs time. */
export const longestText = 8_000

// FNV-1a with a final mix (the low bits of FNV alone depend on few characters).
const seed = 0x811c9dc5
const step = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193)
function bucket(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  return (mixed >>> 0) % buckets
}

/** Lower case, one space for every run of white space: n-grams should not depend on layout. */
export const normalise = (text: string): string => text.slice(0, longestText).toLowerCase().replace(/\s+/gu, ' ').trim()

/** The words of a normalised text: runs of letters, digits and apostrophes. */
export const wordsOf = (normalised: string): readonly string[] => normalised.match(/[\p{L}\p{N}'’]+/gu) ?? []

function wordHash(word: string): number {
  let hash = seed
  for (let i = 0; i < word.length; i++) hash = step(hash, word.charCodeAt(i))
  return hash
}

/** Calls `found` with the bucket of every word and every pair of neighbouring words. */
export function eachWordGram(words: readonly string[], found: (bucket: number) => void): void {
  let before: number | null = null
  for (const word of words) {
    const hash = wordHash(word)
    found(bucket(hash))
    if (before !== null) found(bucket(step(Math.imul(before, 31), hash)))
    before = hash
  }
}

/** Calls `found` with the bucket of every run of `shortest` to `longest` characters (UTF-16 units). */
export function eachCharGram(
  normalised: string,
  shortest: number,
  longest: number,
  found: (bucket: number) => void,
): void {
  for (let from = 0; from + shortest <= normalised.length; from++) {
    const end = Math.min(normalised.length, from + longest)
    let hash = seed
    for (let at = from; at < end; at++) {
      hash = step(hash, normalised.charCodeAt(at))
      if (at - from + 1 >= shortest) found(bucket(hash))
    }
  }
}
