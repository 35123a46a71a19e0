import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppendOnly } from '../../src/domain/dataset-state.js'

test('a list stays what it was, whichever of them is added to', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.integer())), steps => {
      const lists = [{ list: AppendOnly.empty<number>(), expected: [] as readonly number[] }]
      for (const [from, item] of steps) {
        const { list, expected } = lists[from % lists.length]!
        lists.push({ list: list.with(item), expected: [...expected, item] })
      }
      for (const { list, expected } of lists) {
        expect(list.all()).toEqual(expected)
        expect(list.length).toBe(expected.length)
      }
    }),
  )
})
