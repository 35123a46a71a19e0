import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costOfTokens, perMillionByTime, perMillionByTokens } from '../../src/domain/cost.js'

describe('servers paid by the hour', () => {
  it.each([
    ['two servers for half an hour', 10_000, 1800, [2, 3], 250],
    ['a free one beside', 1_000_000, 3600, [2, 0], 2],
    ['no record', 0, 3600, [2], null],
    ['an unknown price', 10, 3600, [2, null], null],
    ['no server', 10, 3600, [], null],
  ] as const)('%s', (_, records, seconds, prices, cost) =>
    expect(perMillionByTime(records, seconds, prices)).toBe(cost),
  )

  it('cost the same for each record however many were counted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1000 }), (records, times) => {
        const once = perMillionByTime(records, 60, [1.5])!
        expect(perMillionByTime(records * times, 60 * times, [1.5])! / once).toBeCloseTo(1, 9)
      }),
    )
  })
})

describe('servers paid by the token', () => {
  const price = { perMillionPromptTokens: 0.5, perMillionCompletionTokens: 2 }

  it('cost what goes in and what comes out', () => {
    expect(costOfTokens({ prompt: 2_000_000, completion: 250_000 }, price)).toBe(1.5)
    expect(perMillionByTokens(1000, { prompt: 2_000_000, completion: 250_000 }, price)).toBe(1500)
    expect(perMillionByTokens(0, { prompt: 0, completion: 0 }, price)).toBeNull()
  })
})
