import { describe, expect, test } from 'vitest'
import { lows, trendOf } from './trend.js'

const line = (perMinute: number, minutes = 60) =>
  Array.from({ length: minutes * 6 }, (_, i) => ({ minute: i / 6, value: 100 + (perMinute * i) / 6 }))

describe('trendOf', () => {
  test('a line keeps its slope, as a share of its mean in an hour', () => {
    expect(trendOf(line(0))).toEqual({ mean: 100, perHour: 0 })
    const trend = trendOf(line(1))!
    expect(trend.perHour).toBeCloseTo(60 / trend.mean, 6)
  })

  test('too few points have no trend', () => expect(trendOf(line(0).slice(0, 2))).toBeNull())
})

describe('lows', () => {
  test('memory that a collection frees is no trend, memory that it cannot free is one', () => {
    const saw = (leak: number) => line(leak).map(({ minute, value }, i) => ({ minute, value: value + (i % 12) * 10 }))
    expect(trendOf(lows(saw(0), 2))!.perHour).toBeCloseTo(0, 6)
    expect(trendOf(lows(saw(0.5), 2))!.perHour).toBeGreaterThan(0.2)
  })
})
