import { describe, expect, it } from 'vitest'
import { faultless } from '../support/checker.js'
import { Findings, isFaultless } from './findings.js'

const findings = () => new Findings(() => undefined)
const recovered = (found: Findings, ...seconds: readonly number[]): void => {
  for (const all of seconds) found.recovered({ allMs: all * 1000, firstMs: 0, takenMs: 0 })
}

describe('what a chaos run finds', () => {
  it('is faultless when everything came out once and in order', () => {
    expect(isFaultless(faultless(3), [], [])).toBe(true)
  })

  it.each(['missing', 'duplicated', 'outOfOrder', 'unexpected'] as const)('is a fault when a record is %s', count => {
    expect(isFaultless({ ...faultless(3), [count]: 1 }, [], [])).toBe(false)
  })

  it('is a fault when a hand was needed or a bound was broken', () => {
    expect(isFaultless(faultless(3), [], ['w1 ended by itself'])).toBe(false)
    const found = findings()
    found.atMost('lag in the end', 1, 0)
    expect(isFaultless(faultless(3), found.bounds, [])).toBe(false)
  })

  it('has the median and the worst of its recoveries, and holds them to their bounds', () => {
    const found = findings()
    recovered(found, 9, 14, 8, 10)
    expect(found.recovery()).toEqual({ median: 9.5, worst: 14, samples: 4 })
    found.recoveryAtMost(10, 13)
    expect(found.bounds.map(({ met }) => met)).toEqual([true, false])
  })

  it('is a fault when a recovery was to be seen and none was', () => {
    const found = findings()
    found.recoveryAtMost(10, 13)
    expect(found.bounds.some(({ met }) => met)).toBe(false)
  })
})
