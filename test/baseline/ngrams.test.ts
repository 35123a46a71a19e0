import { describe, expect, it } from 'vitest'
import { buckets, eachCharGram, eachWordGram, longestText, normalise, wordsOf } from '../../src/baseline/ngrams.js'

const charGrams = (text: string, shortest: number, longest: number): number[] => {
  const found: number[] = []
  eachCharGram(text, shortest, longest, bucket => found.push(bucket))
  return found
}
const wordGrams = (words: readonly string[]): number[] => {
  const found: number[] = []
  eachWordGram(words, bucket => found.push(bucket))
  return found
}

describe('n-grams', () => {
  it('normalises layout and case, and bounds the text', () => {
    expect(normalise('  One\n\tTWO  ')).toBe('one two')
    expect(normalise('x'.repeat(longestText + 5))).toHaveLength(longestText)
  })

  it('finds the words of several scripts', () => {
    expect(wordsOf("don't über 日本 x2, a_b")).toEqual(["don't", 'über', '日本', 'x2', 'a', 'b'])
  })

  it('finds every run of characters once', () => {
    expect(charGrams('abcde', 3, 4)).toHaveLength(3 + 2)
    expect(charGrams('abcde', 1, 3)).toHaveLength(5 + 4 + 3)
    expect(charGrams('ab', 3, 4)).toEqual([])
    expect(charGrams('abcabc', 3, 3)[0]).toBe(charGrams('abcabc', 3, 3)[3])
  })

  it('tells pairs of words apart by their order', () => {
    const [one, two, pair] = [wordGrams(['a', 'b']), wordGrams(['b', 'a']), wordGrams(['a', 'b', 'c'])]
    expect(pair).toHaveLength(5)
    expect(one[0]).toBe(two[1])
    expect(one[2]).not.toBe(two[2])
  })

  it('spreads over the buckets', () => {
    const words = Array.from({ length: 5000 }, (_, i) => `word${i}`)
    const found = words.map(word => wordGrams([word])[0]!)
    expect(Math.max(...found)).toBeLessThan(buckets)
    // 5,000 balls into 65,536 buckets hit about 4,815 of them.
    expect(new Set(found).size).toBeGreaterThan(4700)
  })
})
