import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/baseline/random.js'
import { spearmanInterval } from '../../src/baseline/metrics.js'
import { spearman } from '../../src/domain/statistics/rank-correlation.js'

/** The definition: Pearson's correlation of middle ranks, by counting. */
function bySlowCounting(a: readonly number[], b: readonly number[]): number {
  const ranks = (x: readonly number[]) =>
    x.map(v => x.filter(w => w < v).length + (x.filter(w => w === v).length + 1) / 2)
  const [ra, rb] = [ranks(a), ranks(b)]
  const mean = (a.length + 1) / 2
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, v, i) => sum + (v - mean) * (y[i]! - mean), 0)
  return dot(ra, rb) / Math.sqrt(dot(ra, ra) * dot(rb, rb))
}

describe('rank correlation', () => {
  it('is what the definition says, ties included', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.double({ noNaN: true })), {
      minLength: 2,
      maxLength: 30,
    })
    fc.assert(
      fc.property(pairs, given => {
        const a = given.map(([x]) => x)
        const b = given.map(([, y]) => y)
        const expected = bySlowCounting(a, b)
        if (Number.isFinite(expected)) expect(spearman(a, b)).toBeCloseTo(expected, 9)
        else expect(spearman(a, b)).toBeNull()
      }),
    )
  })

  it('gives the values of a textbook', () => {
    expect(spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.8207827, 6)
    expect(spearman([1, 2, 3], [3, 2, 1])).toBe(-1)
    expect(spearman([], [])).toBeNull()
  })

  it('gives an interval around the correlation, wider for alike clusters', () => {
    const random = seededRandom(1)
    const a = Array.from({ length: 300 }, () => random())
    const b = a.map(value => value + random())
    const single = spearmanInterval(a, b, [...a.keys()], 7)!
    expect(single.low).toBeLessThan(spearman(a, b)!)
    expect(single.high).toBeGreaterThan(spearman(a, b)!)
    // The same thirty values ten times over are thirty observations, not three hundred.
    const copies = (values: readonly number[]) => Array.from({ length: 300 }, (_, i) => values[i % 30]!)
    const ids = copies([...Array(30).keys()])
    const naive = spearmanInterval(copies(a), copies(b), [...a.keys()], 7)!
    const clustered = spearmanInterval(copies(a), copies(b), ids, 7)!
    expect(clustered.high - clustered.low).toBeGreaterThan(2 * (naive.high - naive.low))
    expect(spearmanInterval(a, b, [...a.keys()], 7)).toEqual(single)
  })

  it('has no interval where there is nothing to resample', () => {
    expect(spearmanInterval([1, 2], [1, 2], [0, 0], 7)).toBeNull()
    expect(spearmanInterval([1, 1, 1], [1, 2, 3], [0, 1, 2], 7)).toBeNull()
  })
})

describe('seeded random numbers', () => {
  it('repeat with their seed and fill the unit interval evenly', () => {
    const draw = (seed: number) => Array.from({ length: 10_000 }, seededRandom(seed))
    expect(draw(3)).toEqual(draw(3))
    expect(draw(3)).not.toEqual(draw(4))
    const tenths = Array<number>(10).fill(0)
    for (const value of draw(3)) tenths[Math.floor(value * 10)]!++
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
