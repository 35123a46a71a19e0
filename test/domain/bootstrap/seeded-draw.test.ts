import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededDraw } from '../../../src/domain/bootstrap/seeded-draw.js'
import { digest } from '../../../src/domain/digest.js'

function drawn(ids: readonly string[], seed: string, most: number): string[] {
  const draw = new SeededDraw(seed, most)
  for (const id of ids) draw.offer(id)
  return [...draw.drawn()].sort()
}

const ids = fc.uniqueArray(fc.string({ maxLength: 8 }), { maxLength: 200 })

describe('a seeded draw', () => {
  it('takes the ids with the smallest digests, in whatever order and however often they are offered', () => {
    fc.assert(
      fc.property(
        ids.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        fc.nat(20),
        ([all, shuffled], most) => {
          const smallest = all.toSorted((a, b) => (digest('s', a) < digest('s', b) ? -1 : 1)).slice(0, most)
          expect(drawn(shuffled, 's', most)).toEqual(smallest.sort())
          expect(drawn([...all, ...shuffled], 's', most)).toEqual(smallest)
        },
      ),
    )
  })

  it('keeps those that are drawn when fewer are wanted or more are offered, but for those that are pushed out', () => {
    const all = Array.from({ length: 1000 }, (_, index) => `id ${index}`)
    const few = drawn(all, 's', 50)
    expect(drawn(all, 's', 100)).toEqual(expect.arrayContaining(few))
    expect(drawn(all.slice(0, 500), 's', 50)).toEqual(expect.arrayContaining(few.filter(id => all.indexOf(id) < 500)))
  })

  it('is another with another seed, and even over what is offered', () => {
    const all = Array.from({ length: 2000 }, (_, index) => `id ${index}`)
    const one = new Set(drawn(all, '1', 1000))
    const both = drawn(all, '2', 1000).filter(id => one.has(id)).length
    // Hypergeometric: 500 expected, with a standard deviation of 11.2; five of them on either side.
    expect(both).toBeGreaterThan(444)
    expect(both).toBeLessThan(556)
    const early = [...one].filter(id => all.indexOf(id) < 1000).length
    expect(Math.abs(early - 500)).toBeLessThan(56)
  })
})
