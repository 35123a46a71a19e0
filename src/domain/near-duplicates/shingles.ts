import { mix32 } from './mix.js'
import { normalised, wordHashes } from './words.js'

/** Words in a shingle, as in the pipelines for the training sets of Gopher and RefinedWeb. */
export const shingleWords = 5

/** The distinct shingles of a text as 32-bit hashes, in ascending order. Never empty. */
export type Shingles = Uint32Array

const step = (hash: number, value: number): number => Math.imul(hash, 0x9e3779b1) + value

/**
 * Every run of five words of a text. A text with fewer words is one shingle as a whole; a text without words (punctuation
 * alone) is the shingle of its characters. Of 2^32 pairs of different shingles, one shares a hash.
 */
export function shingles(text: string): Shingles {
  const plain = normalised(text)
  const words = wordHashes(plain)
  if (words.length < shingleWords) return Uint32Array.of(mix32(wholeText(plain, words)))
  const hashes = new Uint32Array(words.length - shingleWords + 1)
  for (let from = 0; from < hashes.length; from++) {
    let hash = 0
    for (let at = from; at < from + shingleWords; at++) hash = step(hash, words[at]!)
    hashes[from] = mix32(hash)
  }
  return distinct(hashes.sort())
}

function wholeText(plain: string, words: readonly number[]): number {
  if (words.length > 0) return words.reduce(step, words.length)
  let hash = 0
  for (let at = 0; at < plain.length; at++) hash = step(hash, mix32(plain.charCodeAt(at)))
  return hash
}

function distinct(sorted: Uint32Array): Uint32Array {
  let kept = 1
  for (let at = 1; at < sorted.length; at++) {
    if (sorted[at] !== sorted[kept - 1]) sorted[kept++] = sorted[at]!
  }
  return sorted.subarray(0, kept)
}

/** The Jaccard similarity of two texts: the shingles of both ÷ the shingles of either, from 0 to 1. */
export function jaccard(a: Shingles, b: Shingles): number {
  let common = 0
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const left = a[i]!
    const right = b[j]!
    if (left === right) common++
    if (left <= right) i++
    if (right <= left) j++
  }
  return common / (a.length + b.length - common)
}
