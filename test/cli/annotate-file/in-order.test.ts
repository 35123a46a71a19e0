import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inOrder } from '../../../src/cli/annotate-file/in-order.js'

interface Item {
  readonly bytes: { readonly length: number }
  readonly n: number
}

async function* items(count: number, length = 1): AsyncGenerator<Item> {
  for (let n = 0; n < count; n++) yield { bytes: { length }, n }
}

async function collect<T>(source: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const some of source) all.push(...some)
  return all
}

describe('a window of work', () => {
  it('yields results in the order of the items, whatever takes how long', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        async (waits, records) => {
          const work = async ({ n }: Item): Promise<number> => {
            await sleep(waits[n])
            return n
          }
          const results = await collect(inOrder(items(waits.length), work, { records: () => records, bytes: 1000 }))
          expect(results).toEqual(waits.map((_, n) => n))
        },
      ),
      { numRuns: 40 },
    )
  })

  it.each([
    ['records', { records: () => 3, bytes: 1000 }, 1, 3],
    ['bytes', { records: () => 100, bytes: 50 }, 20, 3],
    ['one item that is larger than the window', { records: () => 100, bytes: 50 }, 80, 1],
  ])('is bounded by %s', async (_, limit, length, most) => {
    let [underWay, highest] = [0, 0]
    const work = async (): Promise<void> => {
      highest = Math.max(highest, ++underWay)
      await sleep(1)
      underWay--
    }
    await collect(inOrder(items(20, length), work, limit))
    expect(highest).toBe(most)
  })

  it('hands on what is finished while the source is slow', async () => {
    let more = (): void => {}
    async function* slow(): AsyncGenerator<Item> {
      yield { bytes: { length: 1 }, n: 0 }
      await new Promise<void>(resolve => (more = resolve))
      yield { bytes: { length: 1 }, n: 1 }
    }
    const results = inOrder(slow(), async ({ n }) => n, { records: () => 10, bytes: 10 })
    expect((await results.next()).value).toEqual([0])
    more()
    expect((await results.next()).value).toEqual([1])
    expect((await results.next()).done).toBe(true)
  })

  it('throws in turn: what comes before a failure is still yielded', async () => {
    const seen: number[] = []
    const work = async ({ n }: Item): Promise<number> => {
      if (n === 2) throw new Error('third')
      await sleep(5)
      return n
    }
    await expect(async () => {
      for await (const some of inOrder(items(9), work, { records: () => 9, bytes: 99 })) seen.push(...some)
    }).rejects.toThrow('third')
    expect(seen).toEqual([0, 1])

    async function* torn(): AsyncGenerator<Item> {
      yield* items(2)
      throw new Error('torn')
    }
    await expect(async () => {
      for await (const some of inOrder(torn(), async ({ n }) => n, { records: () => 9, bytes: 99 })) seen.push(...some)
    }).rejects.toThrow('torn')
    expect(seen).toEqual([0, 1, 0, 1])
  })
})
