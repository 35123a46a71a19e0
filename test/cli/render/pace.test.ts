import { describe, expect, it } from 'vitest'
import { type EndpointStats } from '../../../src/adapters/inference/pool/counters.js'
import { type LiveRow } from '../../../src/cli/render/live.js'
import { Pace } from '../../../src/cli/render/pace.js'

const row: LiveRow = { node: 'annotate', in: 100, out: 100, behind: 290, inFlight: 10, held: 0, deadLettered: 0 }
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
  return pace.note(rows, endpoints)
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
})
