import { describe, expect, it } from 'vitest'
import { MovingRate } from '../../../src/cli/render/moving-rate.js'

/** Looks once a second; `perSecond` units are added before each look. */
function looked(rate: MovingRate, from: { second: number; total: number }, seconds: number, perSecond: number) {
  let { second, total } = from
  for (let n = 0; n < seconds; n++) rate.at(++second * 1000, (total += perSecond))
  return { second, total }
}
const start = { second: 0, total: 0 }

describe('a moving rate', () => {
  it('of an even work is its rate, however often one looks', () => {
    const often = new MovingRate(0)
    looked(often, start, 300, 7)
    expect(often.perSecond).toBeCloseTo(7)
    const once = new MovingRate(0)
    once.at(300_000, 2100)
    expect(once.perSecond).toBeCloseTo(7)
  })

  it('follows a change within a minute, where the mean since the start would not', () => {
    const rate = new MovingRate(0)
    const before = looked(rate, start, 3600, 100)
    looked(rate, before, 60, 10)
    expect(rate.perSecond).toBeGreaterThan(10)
    expect(rate.perSecond).toBeLessThan(15)
  })

  it('stands still after ten seconds without a unit, and moves with the next', () => {
    const rate = new MovingRate(0)
    const before = looked(rate, start, 30, 100)
    const still = looked(rate, before, 9, 0)
    expect(rate.stillFor(39_000)).toBeNull()
    const again = looked(rate, still, 3, 0)
    expect(rate.stillFor(42_000)).toBe(12)
    looked(rate, again, 1, 100)
    expect(rate.stillFor(43_000)).toBeNull()
  })

  it('of units that take a minute each does not stand still between two of them', () => {
    const rate = new MovingRate(0)
    let total = 0
    for (let second = 1; second <= 600; second++) {
      rate.at(second * 1000, (total += second % 60 === 0 ? 1 : 0))
      expect(rate.stillFor(second * 1000)).toBeNull()
    }
  })

  it('takes a total that falls for no movement, and two looks at one time for one', () => {
    const rate = new MovingRate(0)
    looked(rate, start, 60, 10)
    rate.at(61_000, 0)
    rate.at(61_000, 1000)
    rate.at(62_000, 10)
    expect(rate.perSecond).toBeGreaterThan(9)
    expect(rate.perSecond).toBeLessThan(10)
  })
})
