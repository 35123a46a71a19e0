import { describe, expect, it } from 'vitest'
import { jaccard, shingles } from '../../../src/domain/near-duplicates/shingles.js'
import { estimate, signature, signatureOf, standardError } from '../../../src/domain/near-duplicates/signature.js'
import { nearTexts } from '../../support/near-texts.js'

describe('a signature', () => {
  it('estimates the Jaccard similarity without bias and within its standard error, for short and long texts', () => {
    const texts = nearTexts(2)
    for (const length of [8, 20, 150, 1_000]) {
      let errors = 0
      let squares = 0
      let pairs = 0
      for (let at = 0; at < 300; at++) {
        const words = texts.words(length)
        const a = shingles(words.join(' '))
        const b = shingles(texts.edited(words, texts.random() * 0.2).join(' '))
        const exact = jaccard(a, b)
        if (exact === 1) continue
        const error = (estimate(signatureOf(a), signatureOf(b)) - exact) / standardError(exact)
        // Below 0 an estimate is 0, so that of texts that share nothing only half the errors are seen.
        if (exact === 0) continue
        errors += error
        squares += error ** 2
        pairs++
        expect(Math.abs(error)).toBeLessThan(5)
      }
      expect(pairs).toBeGreaterThan(50)
      // Five times the error of a mean of so many.
      expect(Math.abs(errors / pairs)).toBeLessThan(5 / Math.sqrt(pairs))
      expect(Math.sqrt(squares / pairs)).toBeLessThan(1.05)
    }
  })

  it('is equal for equal texts only', () => {
    const texts = nearTexts(3)
    for (let at = 0; at < 100; at++) {
      const words = texts.words(1 + at)
      const own = signature(words.join(' '))
      expect(signature(words.join('\n').toUpperCase())).toEqual(own)
      expect(estimate(own, own)).toBe(1)
      expect(estimate(own, signature(texts.words(1 + at).join(' ')))).toBeLessThan(0.1)
    }
  })

  it('takes as long for a text of one word again and again as for one word', () => {
    expect(signature('la '.repeat(1_000_000))).toEqual(signature('la la la la la'))
  })

  it('does not change from machine to machine or version to version', () => {
    const hex = (text: string): string => Buffer.from(signature(text).buffer).toString('hex').slice(0, 32)
    expect(['', 'Yes.', 'Bees find flowers by colour and by scent.', '蜜蜂靠颜色和气味找到花朵'].map(hex))
      .toMatchInlineSnapshot(`
      [
        "160062977a1bdc67c139da1417710b05",
        "ebf39c7bb5a9ea883ced1aced6628e68",
        "726dd954568d6df215d442b71453a8c6",
        "79aaab450853af96ee0ea98dc9ad42a8",
      ]
    `)
  })

  it('has a standard error of 0.018 at a similarity of 0.8', () => {
    expect(standardError(0.8)).toBeCloseTo(0.0184, 4)
    expect(standardError(1)).toBe(0)
  })
})
