import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PackedTexts } from '../../src/domain/packed-texts.js'

test('a list stays what it was, whichever of them is added to', () => {
  const text = fc.string({ unit: 'grapheme' }).map(one => JSON.stringify(one))
  // Most lists are about to be packed.
  const begin = Array.from({ length: 61 }, (_, at) => `{"at":${at}}`)
  const beginning = begin.reduce((list, one) => list.with(one), PackedTexts.empty)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), text, fc.integer({ min: 1, max: 70 }))), steps => {
      const lists = [
        { list: PackedTexts.empty, expected: [] as readonly string[] },
        { list: beginning, expected: begin },
      ]
      for (const [from, item, times] of steps) {
        const { list, expected } = lists[from % lists.length]!
        const items = Array<string>(times).fill(item)
        lists.push({ list: items.reduce((all, one) => all.with(one), list), expected: [...expected, ...items] })
      }
      for (const { list, expected } of lists) {
        expect(list.all()).toEqual(expected)
        expect(list.length).toBe(expected.length)
      }
    }),
    { numRuns: 50 },
  )
})
