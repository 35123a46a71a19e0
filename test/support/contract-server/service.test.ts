import { describe, expect, it } from 'vitest'
import { startContractServer } from './server.js'
import { best, costMs, promptsIn, Service, ServiceMode } from './service.js'

const mode = (given: object): ServiceMode => ServiceMode.parse(given)
const slots = mode({ kind: 'slots', slots: 2, ms: 30 })
const lock = mode({ kind: 'lock', baseMs: 20, sentenceMs: 1, beyond: 10, beyondMs: 5 })
const elastic = mode({ kind: 'elastic', baseMs: 20, inFlightMs: 1, cap: 4 })

describe('what a mode costs', () => {
  it.each([
    ['a slot', slots, 5, 9, 30],
    ['a batch', lock, 10, 1, 30],
    ['a batch beyond its size', lock, 12, 1, 42],
    ['one of three under way', elastic, 1, 3, 23],
  ])('%s', (_, of, sentences, underWay, ms) => {
    expect(costMs(of, sentences, underWay)).toBe(ms)
  })

  it('allows most at its slots, its batch, its cap', () => {
    expect(best(slots)).toEqual({ at: 2, perSecond: 2000 / 30 })
    expect(best(lock)).toEqual({ at: 10, perSecond: 10_000 / 30 })
    expect(best(elastic)).toEqual({ at: 4, perSecond: 4000 / 24 })
    expect(best(mode({ kind: 'lock', baseMs: 100, sentenceMs: 2 })).at).toBe(128)
  })
})

describe('a service', () => {
  it('lets sentences into its slots in order, and the others wait', async () => {
    const service = new Service(slots)
    const ended: number[] = []
    const all = Promise.all([1, 2, 3, 4, 5].map(one => service.serve(1).then(() => ended.push(one))))
    expect(service.counters).toMatchObject({ running: 2, queued: 3, maxQueued: 3, sentences: 0 })
    await all
    expect(ended).toEqual([1, 2, 3, 4, 5])
    const { busyMs, heldMs, nominalMs, ...counted } = service.counters
    expect(counted).toEqual({ requests: 5, sentences: 5, refused: 0, running: 0, queued: 0, maxQueued: 3 })
    expect(nominalMs).toBe(150)
    expect(heldMs).toBeGreaterThanOrEqual(145)
    expect(busyMs).toBeCloseTo(heldMs, -1)
  })

  it('gives each sentence of a request a slot of its own', async () => {
    const service = new Service(slots)
    const serving = service.serve(3)
    expect(service.counters).toMatchObject({ running: 2, queued: 1 })
    await serving
    expect(service.counters).toMatchObject({ requests: 1, sentences: 3, nominalMs: 90 })
  })

  it('takes one batch at a time under its lock', async () => {
    const service = new Service(lock)
    const both = Promise.all([service.serve(10), service.serve(12)])
    expect(service.counters).toMatchObject({ running: 1, queued: 1 })
    await both
    expect(service.counters).toMatchObject({ requests: 2, sentences: 22, nominalMs: 30 + 42 })
  })

  it('is slower the more is under way, and refuses what is beyond its cap', async () => {
    const service = new Service(elastic)
    const two = Promise.all([service.serve(1), service.serve(3)])
    await expect(service.serve(1)).resolves.toBe(false)
    await two
    expect(service.counters).toMatchObject({ requests: 2, sentences: 4, refused: 1, nominalMs: 21 + 24 })
  })
})

it('knows how many prompts a body holds', () => {
  expect(promptsIn('{"sentences": ["a", "b"]}')).toBe(2)
  expect(promptsIn('{"prompt": ["a", "b", "c"]}')).toBe(3)
  expect(promptsIn('{"prompt": "a"}')).toBe(1)
  expect(promptsIn('no JSON')).toBe(1)
})

it('a server of such a mode answers in its time, 503 beyond its cap, and tells its counters', async () => {
  const service = { kind: 'elastic', baseMs: 100, inFlightMs: 0, cap: 1 } as const
  const server = await startContractServer({ service })
  try {
    const ask = async (): Promise<number> => {
      const body = JSON.stringify({ sentences: ['quality:'], tokens_to_generate: 1 })
      const headers = { 'content-type': 'application/json' }
      return (await fetch(`${server.url}/generate`, { method: 'PUT', headers, body })).status
    }
    expect((await Promise.all([ask(), ask()])).sort()).toEqual([200, 503])
    const told: unknown = await (await fetch(`${server.url}/counters`)).json()
    expect(told).toMatchObject({ service: { requests: 1, sentences: 1, refused: 1, running: 0, nominalMs: 100 } })
  } finally {
    await server.stop()
  }
})
