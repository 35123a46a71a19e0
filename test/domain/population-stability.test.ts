import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Histogram, populationStability } from '../../src/domain/population-stability.js'

const histogram = fc.dictionary(fc.constantFrom('0', '1', '2', '3', '4'), fc.integer({ min: 1, max: 10_000 }), {
  minKeys: 1,
})

describe('population stability index', () => {
  it('is the textbook sum where no value is missing', () => {
    const [a, b] = [
      { '0': 500_000, '1': 300_000, '2': 200_000 },
      { '0': 400_000, '1': 350_000, '2': 250_000 },
    ]
    const sum = (0.5 - 0.4) * Math.log(0.5 / 0.4) + (0.3 - 0.35) * Math.log(0.3 / 0.35) + (0.2 - 0.25) * Math.log(0.2 / 0.25) // prettier-ignore
    expect(populationStability(a, b)).toBeCloseTo(sum, 5)
  })

  it('does not take one member of a new value for a change, but many', () => {
    const before = { '3': 1000, '4': 1000 }
    expect(populationStability(before, { ...before, '0': 1 })).toBeLessThan(0.001)
    expect(populationStability(before, { ...before, '0': 1000 })).toBeGreaterThan(1)
  })

  it('is not told of nothing', () => {
    expect(populationStability({}, { '1': 2 })).toBeNull()
    expect(populationStability({ '1': 2 }, {})).toBeNull()
  })

  it('is symmetric, never negative, and 0 of equal populations', () => {
    fc.assert(
      fc.property(histogram, histogram, (a: Histogram, b: Histogram) => {
        const index = populationStability(a, b)!
        expect(index).toBeGreaterThanOrEqual(0)
        expect(populationStability(b, a)).toBeCloseTo(index, 9)
        expect(populationStability(a, a)).toBe(0)
      }),
    )
  })
})
