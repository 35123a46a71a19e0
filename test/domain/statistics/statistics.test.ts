import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairedDifference } from '../../../src/domain/statistics/paired-difference.js'
import { proportionInterval } from '../../support/proportion-interval.js'
import { Spreading } from '../../../src/domain/statistics/spreading.js'
import { seededRandom } from '../../../src/baseline/random.js'
import { processorMs } from '../../support/processor-time.js'

describe('spreading', () => {
  it('is what the definition says', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 50 }), values => {
        const spreading = new Spreading()
        values.forEach(value => spreading.add(value + 1e6))
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
        const found = spreading.spread()
        expect(found.count).toBe(values.length)
        expect(found.mean! - 1e6).toBeCloseTo(mean, 6)
        expect(found.sd).toBeCloseTo(Math.sqrt(variance), 6)
      }),
    )
  })

  it('says what cannot be told', () => {
    const spreading = new Spreading()
    expect(spreading.spread()).toEqual({ count: 0, mean: null, sd: null })
    spreading.add(3)
    expect(spreading.spread()).toEqual({ count: 1, mean: 3, sd: null })
  })
})

describe('paired difference', () => {
  it('gives the interval of a textbook: Student’s sleep data, paired', async () => {
    // R: t.test(extra ~ group, data = sleep, paired = TRUE) → 95 percent -2.4598858 to -0.7001142, mean -1.58.
    const differences = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4]
    const { pairs, mean, low, high } = await pairedDifference(differences, 0.95)
    expect(pairs).toBe(10)
    expect(mean).toBeCloseTo(1.58, 10)
    expect(low).toBeCloseTo(0.7001142, 6)
    expect(high).toBeCloseTo(2.4598858, 6)
  })

  it.each([
    ['no pairs', [], { pairs: 0, mean: null, low: null, high: null }],
    ['one pair', [2], { pairs: 1, mean: 2, low: null, high: null }],
    ['pairs that do not differ', [2, 2, 2], { pairs: 3, mean: 2, low: 2, high: 2 }],
  ])('of %s', async (_, differences, expected) => {
    expect(await pairedDifference(differences, 0.95)).toEqual(expected)
  })

  it('holds the true difference as often as it says, of skewed differences too', async () => {
    const random = seededRandom(5)
    const tries = 1000
    let held = 0
    for (let i = 0; i < tries; i++) {
      // Exponential, less its mean: the true difference is 0.
      const { low, high } = await pairedDifference(
        Array.from({ length: 200 }, () => -Math.log(1 - random()) - 1),
        0.9,
      )
      if (low! <= 0 && high! >= 0) held++
    }
    const { low, high } = await proportionInterval(held, tries, 0.999)
    expect(low).toBeLessThan(0.9)
    expect(high).toBeGreaterThan(0.89)
  })

  it('is quick: 20,000 pairs within a tenth of a second of processor time', async () => {
    await pairedDifference([1, 2], 0.95)
    const differences = Array.from({ length: 20_000 }, (_, i) => Math.sin(i))
    expect(await processorMs(() => pairedDifference(differences, 0.95))).toBeLessThan(100)
  })
})

describe('interval of a proportion', () => {
  // R: binom.test(hits, tries)$conf.int
  it.each([
    [0, 100, 0, 0.0362167],
    [3, 100, 0.006229972, 0.08517605],
    [50, 100, 0.3983211, 0.6016789],
    [100, 100, 0.9637833, 1],
  ])('%i of %i', async (hits, tries, low, high) => {
    const found = await proportionInterval(hits, tries)
    expect(found.low).toBeCloseTo(low, 6)
    expect(found.high).toBeCloseTo(high, 6)
  })
})
