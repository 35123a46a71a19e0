import { describe, expect, it } from 'vitest'
import type { EndpointStats } from '../../../src/adapters/inference/pool/stats.js'
import type { LiveRow } from '../../../src/cli/render/live-row.js'
import { Pace } from '../../../src/cli/render/pace.js'

const row: LiveRow = {
  node: 'annotate',
  stage: 'annotate',
  in: 100,
  out: 100,
  behind: 290,
  inFlight: 10,
  held: 0,
  deadLettered: 0,
}
const endpoint: EndpointStats = {
  url: 'http://a',
  model: null,
  protocol: 'nemo-generate',
  state: 'up',
  inFlight: 1,
  limit: 8,
  batch: 1,
  answered: 100,
  errors: {},
  perSecond: 10,
  latencyMs: null,
  tokens: { prompt: 1000, completion: 100 },
  queued: null,
  pricePerHour: null,
}
const free = { perMillionPromptTokens: 0, perMillionCompletionTokens: 0, currency: 'USD' }

function noteAfter(seconds: number, prices: typeof free, endpoints: EndpointStats[], rows = [row]): string {
  let now = 0
  const pace = new Pace(prices, () => now)
  now = seconds * 1000
  return pace.note(rows, endpoints, null)
}

describe('the pace', () => {
  it('says how fast it goes and when it will be done', () => {
    expect(noteAfter(10, free, [endpoint])).toBe('annotate 10 records/s, 30 s left')
  })

  it('says what a million records cost, by the hour and by the token', () => {
    const byHour = noteAfter(10, free, [{ ...endpoint, pricePerHour: 3.6 }])
    expect(byHour).toContain(', 100 USD a million')
    const prices = { ...free, perMillionPromptTokens: 2, perMillionCompletionTokens: 10 }
    expect(noteAfter(10, prices, [endpoint])).toContain(', 30.0 USD a million')
    expect(noteAfter(10, prices, [{ ...endpoint, pricePerHour: 3.6 }])).toContain(', 130 USD a million')
  })

  it('says nothing before the first record', () => {
    expect(noteAfter(10, free, [endpoint], [{ ...row, in: 0 }])).toBe('')
    expect(noteAfter(10, free, [endpoint], [])).toBe('')
  })

  it('is that of the last minute, and the cost with it', () => {
    let now = 0
    const pace = new Pace(free, () => now)
    const after = (seconds: number, done: number): string => {
      now = seconds * 1000
      return pace.note([{ ...row, in: done, behind: 990 }], [{ ...endpoint, pricePerHour: 3.6 }], null)
    }
    for (let second = 1; second <= 3600; second++) after(second, second * 1000)
    expect(after(3601, 3_601_000)).toBe('annotate 1,000 records/s, 1 s left, 1.00 USD a million')
    for (let second = 1; second <= 300; second++) after(3601 + second, 3_601_000 + second * 10)
    expect(after(3902, 3_604_010)).toBe('annotate 10 records/s, 1 min 40 s left, 100 USD a million')
  })

  it('says no time left in an outage, nor while nothing moves, and says it again afterwards', () => {
    let now = 0
    const pace = new Pace(free, () => now)
    const after = (seconds: number, done: number, outageMs: number | null = null): string => {
      now = seconds * 1000
      return pace.note([{ ...row, in: done, behind: 90 }], [{ ...endpoint, pricePerHour: 3.6 }], outageMs)
    }
    for (let second = 1; second <= 20; second++) after(second, second * 25)
    expect(after(21, 525)).toContain('4 s left')
    expect(after(22, 525, 1000)).toBe('annotate has stood still for 1 s, time left unknown')
    expect(after(60, 525)).toBe('annotate has stood still for 39 s, time left unknown')
    expect(after(61, 550)).toMatch(/^annotate \d+ records\/s, \d+ s left, /)
  })
})
