import { describe, expect, it } from 'vitest'
import { fingerprint } from '../../../src/domain/near-duplicates/fingerprint.js'
import { normalised, wordHashes } from '../../../src/domain/near-duplicates/words.js'

const words = (text: string): number[] => wordHashes(normalised(text))

describe('normalisation', () => {
  it.each([
    ['  Bees\n\tfind   FLOWERS. ', 'bees find flowers.'],
    ['ﬁne ＡＢＣ １２３', 'fine abc 123'],
    ['a\u00a0b\u2003c', 'a b c'],
    ['E\u0301te\u0301', 'été'],
    ['', ''],
  ])('of %j is %j', (text, plain) => {
    expect(normalised(text)).toBe(plain)
  })

  it('leaves a fingerprint alone that tells punctuation apart and layout not', () => {
    expect(fingerprint('Yes,  it is.\n')).toBe(fingerprint('yes, it is.'))
    expect(fingerprint('Yes, it is!')).not.toBe(fingerprint('yes, it is.'))
    expect(fingerprint('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
})

describe('words', () => {
  it.each([
    ['Bees find flowers.', 3],
    ["don't", 2],
    ['snake_case x1', 3],
    ['2 + 2 = 4', 5],
    ['a👍🏽b', 4],
    ['蜜蜂 fly', 3],
    ['fly蜜蜂fly', 4],
    ['ผึ้ง', 4],
    ['naïve café', 2],
    ['… — !', 0],
  ])('of %j are %i', (text, count) => {
    expect(words(text)).toHaveLength(count)
  })

  it('do not depend on punctuation and layout', () => {
    expect(words('Well, bees - they fly!')).toEqual(words('well bees\n\nthey "fly"'))
    expect(words('2+2')).not.toEqual(words('2<2'))
  })

  it('have hashes of their own', () => {
    const many = words(Array.from({ length: 50_000 }, (_, at) => at.toString(36)).join(' '))
    // Of 50,000 numbers drawn from 2^32 some 0.3 pairs are equal.
    expect(new Set(many).size).toBeGreaterThanOrEqual(49_996)
  })
})
