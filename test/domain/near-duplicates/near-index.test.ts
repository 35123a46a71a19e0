import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bandsFor } from '../../../src/domain/near-duplicates/bands.js'
import { NearIndex } from '../../../src/domain/near-duplicates/near-index.js'
import { jaccard, shingles } from '../../../src/domain/near-duplicates/shingles.js'
import { estimate, signature, standardError } from '../../../src/domain/near-duplicates/signature.js'
import { nearTexts } from '../../support/near-texts.js'

const join = (words: readonly string[]): string => words.join(' ')

describe('an index of near-duplicates', () => {
  it('finds more than 99 of 100 pairs with a similarity of 0.85 and more, and none below the threshold by 3 standard errors', () => {
    const texts = nearTexts(4)
    const index = new NearIndex()
    const pairs = Array.from({ length: 4_000 }, (_, at) => {
      const words = texts.words(40 + Math.floor(texts.random() * 200))
      index.add(String(at), join(words))
      return { words, near: texts.edited(words, texts.random() * 0.06) }
    })
    let close = 0
    let missed = 0
    let far = 0
    for (const [at, { words, near }] of pairs.entries()) {
      const exact = jaccard(shingles(join(words)), shingles(join(near)))
      const found = index.nearest(join(near))
      if (found !== null) expect(found.id).toBe(String(at))
      if (exact >= 0.85) {
        close++
        if (found === null) missed++
      }
      if (exact < 0.8 - 3 * standardError(0.8)) {
        far++
        expect(found).toBeNull()
      }
    }
    expect(close).toBeGreaterThan(1_000)
    expect(far).toBeGreaterThan(1_000)
    expect(missed / close).toBeLessThan(0.01)
  })

  it('is brute force over the estimates, but for the pairs that share no band', () => {
    const texts = nearTexts(5)
    const index = new NearIndex({ threshold: 0.75 })
    const kept = Array.from({ length: 300 }, () => texts.words(60))
    // Families: several texts near one another, so that the nearest is to be told from the near.
    const all = kept.flatMap(words => [words, texts.edited(words, 0.02), texts.edited(words, 0.03)]).map(join)
    const signatures = all.map(signature)
    for (const [at, text] of all.entries()) index.add(String(at), text)
    let same = 0
    let wanted = 0
    for (const words of kept) {
      const own = signature(join(texts.edited(words, 0.02)))
      const estimates = signatures.map(one => estimate(own, one))
      const best = Math.max(...estimates)
      const found = index.nearest(own)
      if (best >= 0.75) wanted++
      if (best < 0.75) expect(found).toBeNull()
      else if (found?.similarity === best && found.id === String(estimates.indexOf(best))) same++
      else if (found !== null) expect(found.similarity).toBeGreaterThanOrEqual(0.75)
    }
    expect(wanted).toBeGreaterThan(100)
    expect(same / wanted).toBeGreaterThanOrEqual(0.98)
  })

  it('finds every text that was added, with similarity 1, under the first of its ids', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 60 }),
        fc.constantFrom(0.7, 0.8, 1),
        (texts, threshold) => {
          const index = new NearIndex({ threshold })
          const added = texts.map((text, at) => index.add(`text ${at}`, text))
          expect(index.size).toBe(added.filter(Boolean).length)
          const signatures = texts.map(text => Buffer.from(signature(text).buffer).toString('hex'))
          for (const [at, text] of texts.entries()) {
            const first = signatures.indexOf(signatures[at]!)
            expect(added[at]).toBe(first === at)
            expect(index.nearest(text)).toEqual({ id: `text ${first}`, similarity: 1 })
          }
        },
      ),
    )
  })

  it('is as small and as right among thousands of look-alikes', () => {
    const texts = nearTexts(6)
    const index = new NearIndex()
    const template = texts.words(120)
    let last = ''
    for (let at = 0; at < 5_000; at++) {
      last = join(texts.edited(template, 0.004))
      index.add(String(at), last)
    }
    expect(index.nearest(last)?.similarity).toBe(1)
    // 4 bytes a slot, as if each text had gone into each table: look-alikes that are not kept cost nothing.
    expect(index.bytes / index.size).toBeLessThan(600)
    let found = 0
    for (let at = 0; at < 100; at++) if (index.nearest(join(texts.edited(template, 0.004)))) found++
    expect(found).toBe(100)
  })

  it('can be made again from its entries, and is then equal', () => {
    const texts = nearTexts(7)
    const index = new NearIndex()
    const words = Array.from({ length: 600 }, () => texts.words(30))
    for (const [at, one] of words.entries()) index.add(`räcord-${at}:${'x'.repeat(at)}`, join(one))
    const again = new NearIndex({ expected: index.size })
    for (const { id, signature } of index.entries()) expect(again.add(id, signature)).toBe(true)
    expect([...again.entries()]).toEqual([...index.entries()])
    for (const one of words) {
      const text = join(texts.edited(one, 0.03))
      expect(again.nearest(text)).toEqual(index.nearest(text))
    }
  })

  it.each([0.69, 1.01, Number.NaN])('refuses a threshold of %d', threshold => {
    expect(() => new NearIndex({ threshold })).toThrow(/a near-duplicate threshold is from 0.7 to 1/)
  })

  it.each([
    [0.7, 63],
    [0.8, 22],
    [0.9, 8],
    [1, 1],
  ])('compares by bands according to the threshold %d: %i', (threshold, bands) => {
    expect(bandsFor(threshold)).toBe(bands)
  })

  it('keeps a text in less than 700 bytes, all included', () => {
    const index = new NearIndex()
    const random = nearTexts(8)
    const own = new Uint32Array(64)
    let worst = 0
    for (let at = 0; at < 30_000; at++) {
      for (let word = 0; word < own.length; word++) own[word] = random.random() * 2 ** 32
      index.add(`${'a'.repeat(64)}:${at % 10}`, own)
      if (at > 2_000) worst = Math.max(worst, index.bytes / index.size)
    }
    expect(index.size).toBe(30_000)
    expect(worst).toBeLessThan(700)
  })
})
