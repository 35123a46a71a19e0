import { mix32 } from './mix.js'
import { type Shingles, shingles } from './shingles.js'

/** Components of a signature. */
export const components = 512
/** Bits kept of a component (b-bit minwise hashing, Li and König 2010). */
const bits = 4
/** Words of a signature, eight components each. */
export const signatureWords = (components * bits) / 32

/** The signature of a text: 512 components of 4 bits, 256 bytes. The same on every machine. */
export type Signature = Uint32Array

/** The keys of the rounds' hash functions: a shingle is combined with the key of its round. */
const roundKeys = Uint32Array.from({ length: components }, (_, round) => mix32(Math.imul(round + 1, 0x9e3779b9)))

/**
 * The signature of a set of shingles: two texts share a component with the probability of their Jaccard similarity J, and
 * one in 16 of the others by chance. Made by fast similarity sketching (Dahlgaard, Knudsen and Thorup 2017): in each round
 * every shingle is thrown into one of 512 bins; a bin keeps the smallest hash of the first round that reached it, and the
 * rounds end when every bin has one. This costs some 3,500 hashes for a text of usual length, where 512 hash functions
 * would cost 512 for each shingle, and estimates at least as well.
 */
export function signatureOf(set: Shingles): Signature {
  const least = new Uint32Array(components)
  /** The round, from 1, that filled a bin; 0: none yet. Later rounds do not change a filled bin. */
  const filledIn = new Uint16Array(components)
  let empty = components
  for (let round = 1; empty > 0 && round <= components; round++) {
    const key = roundKeys[round - 1]!
    for (const shingle of set) {
      const hash = mix32(shingle ^ key) >>> 0
      const bin = hash >>> 23
      const filled = filledIn[bin]!
      if (filled === 0) {
        filledIn[bin] = round
        empty--
        least[bin] = hash
      } else if (filled === round && hash < least[bin]!) least[bin] = hash
    }
  }
  if (empty > 0) fillTheRest(set, least, filledIn)
  return packed(least)
}

/** Fills the bins that 512 rounds did not reach, as in texts of one to a few shingles, with the least hash of all. */
function fillTheRest(set: Shingles, least: Uint32Array, filledIn: Uint16Array): void {
  for (let bin = 0; bin < components; bin++) {
    if (filledIn[bin] !== 0) continue
    const key = ~roundKeys[bin]!
    let smallest = 0xffff_ffff
    for (const shingle of set) smallest = Math.min(smallest, mix32(shingle ^ key) >>> 0)
    least[bin] = smallest
  }
}

function packed(least: Uint32Array): Signature {
  const words = new Uint32Array(signatureWords)
  for (let bin = 0; bin < components; bin++) {
    words[bin >>> 3]! |= (mix32(least[bin]! ^ 0x5bd1e995) >>> 28) << ((bin & 7) * bits)
  }
  return words
}

/** The signature of a text. */
export const signature = (text: string): Signature => signatureOf(shingles(text))

/** The number of components that two signatures share, from 0 to 512. `b` may begin within a larger array. */
export function sharedComponents(a: Signature, b: Uint32Array, from = 0): number {
  let differing = 0
  for (let word = 0; word < signatureWords; word++) {
    let bitsApart = a[word]! ^ b[from + word]!
    bitsApart |= bitsApart >>> 1
    bitsApart |= bitsApart >>> 2
    // One bit for each component, summed in the topmost four.
    differing += Math.imul(bitsApart & 0x1111_1111, 0x1111_1111) >>> 28
  }
  return components - differing
}

/** The share of equal components of two texts with this similarity, chance included. */
export const sharedShare = (similarity: number): number => similarity + (1 - similarity) / 2 ** bits

/** The similarity that a number of shared components indicates; below 0 if fewer are shared than by chance. */
export const similarityOf = (shared: number): number => (shared / components - 2 ** -bits) / (1 - 2 ** -bits)

/** The estimated Jaccard similarity of two texts, from 0 to 1, with the standard error of `standardError`. */
export const estimate = (a: Signature, b: Signature): number => Math.max(0, similarityOf(sharedComponents(a, b)))

/** The standard error of an estimate at a similarity: 0.018 at 0.8. */
export function standardError(similarity: number): number {
  const share = sharedShare(similarity)
  return Math.sqrt((share * (1 - share)) / components) / (1 - 2 ** -bits)
}
