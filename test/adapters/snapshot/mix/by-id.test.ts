import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergedById } from '../../../../src/adapters/snapshot/mix/by-id.js'

interface Record {
  readonly id: string
  readonly source: number
}

/** A source that gives its records in batches of these sizes, empty ones too. */
async function* source(records: readonly Record[], sizes: readonly number[]): AsyncIterable<readonly Record[]> {
  let at = 0
  for (const size of sizes) {
    yield records.slice(at, at + size)
    at += size
  }
  yield records.slice(at)
}

const byId = (a: Record, b: Record): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

it('merges sources in the order of ids, however they come, those of equal ids in the order of the sources', async () => {
  const sorted = fc.array(fc.string({ unit: 'binary', maxLength: 2 }), { maxLength: 20 })
  const sizes = fc.array(fc.nat(4), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(sorted, sizes), { maxLength: 4 }), async given => {
      const sources = given.map(([ids], number) => ids.map(id => ({ id, source: number })).sort(byId))
      const found: Record[] = []
      for await (const batch of mergedById(sources.map((records, at) => source(records, given[at]![1])))) {
        found.push(...batch)
      }
      expect(found).toEqual(sources.flat().toSorted(byId))
    }),
  )
})

it('closes its sources when nobody reads on', async () => {
  const closed: number[] = []
  const endless = async function* (number: number): AsyncIterable<readonly Record[]> {
    try {
      for (let at = 0; ; at++) yield [{ id: String(at), source: number }]
    } finally {
      closed.push(number)
    }
  }
  for await (const batch of mergedById([endless(0), endless(1)])) if (batch.length > 0) break
  expect(closed.sort()).toEqual([0, 1])
})
