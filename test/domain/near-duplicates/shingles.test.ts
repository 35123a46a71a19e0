import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jaccard, shingles } from '../../../src/domain/near-duplicates/shingles.js'
import { nearTexts } from '../../support/near-texts.js'

/** The Jaccard similarity by its definition, over runs of words as text. */
function byDefinition(a: readonly string[], b: readonly string[]): number {
  const runs = (words: readonly string[]): Set<string> =>
    words.length < 5
      ? new Set([words.join(' ')])
      : new Set(words.slice(4).map((_, from) => words.slice(from, from + 5).join(' ')))
  const [left, right] = [runs(a), runs(b)]
  const common = [...left].filter(run => right.has(run)).length
  return common / (left.size + right.size - common)
}

const word = fc.constantFrom('a', 'b', 'c', 'bee', 'flower')

describe('shingles', () => {
  it('are the distinct runs of five words, in order of their hashes', () => {
    const set = shingles('a b c d e f a b c d e')
    expect(set).toHaveLength(6 + 1 - 1)
    expect([...set]).toEqual([...new Set(set)].sort((a, b) => a - b))
    expect(shingles('x '.repeat(10_000))).toHaveLength(1)
  })

  it('of a text of fewer words are one', () => {
    for (const text of ['', '!', 'Yes.', 'one two three four']) expect(shingles(text)).toHaveLength(1)
    expect(shingles('Yes.')).toEqual(shingles(' yes!'))
    expect(shingles('Yes.')).not.toEqual(shingles('No.'))
    expect(shingles('...')).not.toEqual(shingles('!!!'))
    expect(shingles('one')).not.toEqual(shingles('one one'))
  })

  it('do not change from machine to machine or version to version: kept signatures rest on them', () => {
    expect([...shingles('Bees find flowers by colour and by scent.')]).toMatchInlineSnapshot(`
      [
        50793451,
        1458518860,
        1793248449,
        1904463055,
      ]
    `)
  })
})

describe('jaccard', () => {
  it('is that of its definition', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), fc.array(word, { maxLength: 40 }), (a, b) => {
        expect(jaccard(shingles(a.join(' ')), shingles(b.join(' ')))).toBe(byDefinition(a, b))
      }),
    )
  })

  it('is that of its definition over texts with few changes', () => {
    const texts = nearTexts(1)
    for (let at = 0; at < 200; at++) {
      const a = texts.words(200)
      const b = texts.edited(a, 0.03)
      expect(jaccard(shingles(a.join(' ')), shingles(b.join(' ')))).toBe(byDefinition(a, b))
    }
  })
})
