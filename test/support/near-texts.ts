import { seededRandom } from '../../src/baseline/random.js'

/** Texts for tests of near-duplicates, from a seed. */
export interface NearTexts {
  /** Words drawn from 20,000. */
  words(count: number): string[]
  /** The same with each word replaced with a probability. */
  edited(words: readonly string[], share: number): string[]
  random(): number
}

export function nearTexts(seed: number): NearTexts {
  const random = seededRandom(seed)
  const word = (): string => `w${Math.floor(random() * 20_000).toString(36)}`
  return {
    words: count => Array.from({ length: count }, word),
    edited: (words, share) => words.map(one => (random() < share ? word() : one)),
    random,
  }
}
