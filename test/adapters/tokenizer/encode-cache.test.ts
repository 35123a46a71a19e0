import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cachedEncode } from '../../../src/adapters/tokenizer/encode-cache.js'

const recorded = (capacity: number) => {
  const asked: string[] = []
  const encode = cachedEncode(text => {
    asked.push(text)
    return [...text].map(character => character.charCodeAt(0))
  }, capacity)
  return { asked, encode }
}

describe('cachedEncode', () => {
  it('asks once for a text that it remembers, also for one without ids', () => {
    const { asked, encode } = recorded(1000)
    expect([encode('ab'), encode(''), encode('ab'), encode('')]).toEqual([[97, 98], [], [97, 98], []])
    expect(asked).toEqual(['ab', ''])
  })

  it('keeps what is used and forgets what is not', () => {
    // Each text costs 52: a generation has room for two.
    const { asked, encode } = recorded(208)
    for (const text of ['aa', 'bb', 'cc', 'aa', 'dd', 'aa']) encode(text)
    expect(asked).toEqual(['aa', 'bb', 'cc', 'dd'])
    encode('bb')
    expect(asked).toEqual(['aa', 'bb', 'cc', 'dd', 'bb'])
  })

  it('does not make room for a text that is too long to keep', () => {
    const { asked, encode } = recorded(208)
    for (const text of ['aa', 'c'.repeat(55), 'aa', 'c'.repeat(55)]) encode(text)
    expect(asked).toEqual(['aa', 'c'.repeat(55), 'c'.repeat(55)])
  })

  it('never changes a result', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 4 })), fc.nat(400), (texts, capacity) => {
        const { encode } = recorded(capacity)
        for (const text of texts) expect(encode(text)).toEqual([...text].map(character => character.charCodeAt(0)))
      }),
    )
  })
})
