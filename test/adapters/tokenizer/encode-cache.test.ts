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
    const { asked, encode } = recorded(10)
    expect([encode('ab'), encode(''), encode('ab'), encode('')]).toEqual([[97, 98], [], [97, 98], []])
    expect(asked).toEqual(['ab', ''])
  })

  it('forgets the least recently used', () => {
    const { asked, encode } = recorded(4)
    for (const text of ['aa', 'bb', 'aa', 'cc', 'aa', 'bb']) encode(text)
    expect(asked).toEqual(['aa', 'bb', 'cc', 'bb'])
  })

  it('does not make room for a text that is too long to keep', () => {
    const { asked, encode } = recorded(4)
    for (const text of ['aa', 'ccccc', 'aa', 'ccccc']) encode(text)
    expect(asked).toEqual(['aa', 'ccccc', 'ccccc'])
  })

  it('never changes a result', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 4 })), fc.nat(12), (texts, capacity) => {
        const { encode } = recorded(capacity)
        for (const text of texts) expect(encode(text)).toEqual([...text].map(character => character.charCodeAt(0)))
      }),
    )
  })
})
