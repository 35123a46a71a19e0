import { seededRandom } from '../../src/baseline/random.js'

/** Texts of 60 words out of 50,000, from a seed. */
export interface BenchTexts {
  words(): string[]
  /** The same with one word replaced: a similarity of about 0.84. */
  edited(words: readonly string[]): string[]
}

export function texts(seed: number): BenchTexts {
  const random = seededRandom(seed)
  const vocabulary = Array.from({ length: 50_000 }, (_, at) => (at + 40_000).toString(36))
  const word = (): string => vocabulary[Math.floor(random() * vocabulary.length)]!
  return {
    words: () => Array.from({ length: 60 }, word),
    edited: words => words.with(Math.floor(random() * 3), word()),
  }
}
