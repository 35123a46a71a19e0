import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, faultless, type Identified } from './checker.js'

const records = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 30 })
  .map(keys => keys.map((key, i): Identified => ({ id: `${i}`, key })))

describe('the checker', () => {
  it('passes a faultless delivery, and one that mixes keys but keeps each in order', () => {
    fc.assert(
      fc.property(records, sent => {
        const byKey = sent.toSorted((a, b) => a.key.localeCompare(b.key))
        expect(check(sent, sent)).toEqual(faultless(sent.length))
        expect(check(sent, byKey)).toEqual(faultless(sent.length))
      }),
    )
  })

  it('counts every record that is left out, repeated or made up', () => {
    fc.assert(
      fc.property(records, fc.nat(), (sent, n) => {
        const at = n % sent.length
        expect(check(sent, sent.toSpliced(at, 1))).toMatchObject({ missing: 1, duplicated: 0, outOfOrder: 0 })
        expect(check(sent, [...sent, sent[at]!])).toMatchObject({ missing: 0, duplicated: 1, outOfOrder: 0 })
        expect(check(sent, [...sent, { id: 'nobody', key: 'a' }])).toMatchObject({ missing: 0, unexpected: 1 })
      }),
    )
  })

  it('counts a record that comes after a later one of its key', () => {
    const [first, second] = [
      { id: '1', key: 'a' },
      { id: '2', key: 'a' },
    ]
    expect(check([first, second], [second, first])).toEqual({ ...faultless(2), outOfOrder: 1 })
  })
})
