import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyTable, mostOfAKey } from '../../../src/domain/near-duplicates/key-table.js'

function tableOf(keys: readonly number[], expected: number): KeyTable {
  const table = new KeyTable(number => keys[number]!, 0.7, expected)
  for (const number of keys.keys()) table.add(number)
  return table
}

const found = (table: KeyTable, key: number): number[] => {
  const numbers: number[] = []
  table.find(key, number => numbers.push(number))
  return numbers
}

const key = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))

describe('a table of keys', () => {
  it('finds what a map finds, the first of a key, however it has grown', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 400 }), fc.integer({ min: 0, max: 500 }), (keys, expected) => {
        const table = tableOf(keys, expected)
        for (const wanted of [...new Set(keys), 7, 2 ** 31]) {
          const all = keys.flatMap((one, number) => (one === wanted ? [number] : []))
          expect(found(table, wanted)).toEqual(all.slice(0, mostOfAKey))
        }
      }),
    )
  })

  it('takes no longer and no more room for a key that everything has', () => {
    const table = tableOf(
      Array.from({ length: 200_000 }, () => 42),
      0,
    )
    expect(found(table, 42)).toHaveLength(mostOfAKey)
    expect(table.bytes).toBe(64 * 4)
  })
})
