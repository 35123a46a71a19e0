import { afterEach, describe, expect, it } from 'vitest'
import type { FaultRule } from '../../support/contract-server/faults.js'
import { allRight, closeAll, expected, fleetOf, idle, score, serve, set, texts } from './fleet-under-test.js'

afterEach(closeAll)

describe('a fleet', () => {
  it('scores a turn with one call, and takes the raw scores of servers that give them', async () => {
    const fleet = fleetOf([await serve({ scores: true })])
    const { label, scores } = await score(fleet, 'Hello')
    expect(label).toBe(expected('Hello'))
    expect(Object.keys(scores)).toEqual(set.attributes.map(one => one.key))
    for (const [key, raw] of Object.entries(scores)) expect(label).toContain(`${key}:${raw - 0.5}`)
    expect(fleet.stats()).toMatchObject({ calls: 1, lines: 1, turnsScored: 1, inFlight: 0, waiting: 0 })
  })

  it('takes the integers as scores from servers that give none', async () => {
    const { label, scores } = await score(fleetOf([await serve()]), 'Hello')
    for (const [key, value] of Object.entries(scores)) expect(label).toContain(`${key}:${value}`)
  })

  it('asks attribute by attribute as the original where it is told to, and gets the same label', async () => {
    const server = await serve({ record: true })
    const fleet = fleetOf([server], { protocol: 'per-attribute' })
    expect((await score(fleet, 'Hello')).label).toBe(expected('Hello'))
    expect(fleet.stats()).toMatchObject({ calls: 13, attributeByAttribute: 1, lines: 0 })
    expect(server.bodies[12]).toContain(',moral_judgement:')
  })

  it('goes over to single attributes when the first lines of a server are none', async () => {
    const cut: FaultRule = { fault: { kind: 'nonsense' }, containing: '"tokens_to_generate": 1' }
    const server = await serve({ faults: [{ ...cut, containing: '"\\n"' }] })
    const fleet = fleetOf([server], { inFlight: 1, batch: 1 })
    await allRight(fleet, 5)
    expect(fleet.stats()).toMatchObject({ calls: 3 + 5 * 13, lines: 0, attributeByAttribute: 5 })
  })

  it('reads a label though the prompt comes back with other spaces', async () => {
    const fleet = fleetOf([await serve({ respace: true })])
    await allRight(fleet, 2)
    expect(fleet.stats().lines).toBe(2)
  })

  it('scores a prefix once for each model', async () => {
    const server = await serve({ latencyMs: 20 })
    const fleet = fleetOf([server])
    await Promise.all([score(fleet, 'a'), score(fleet, 'a'), score(fleet, 'b')])
    await score(fleet, 'a')
    await score(fleet, 'a', idle, 'another model')
    expect(fleet.stats()).toMatchObject({ calls: 3, prefixesReused: 2, turnsScored: 5 })
  })

  it('keeps within its limit, and prefers the less busy', async () => {
    const [fast, slow] = [await serve({ latencyMs: 1 }), await serve({ latencyMs: 2000 })]
    const fleet = fleetOf([fast, slow], { inFlight: 3 })
    // Enough that the limit is reached, however slowly a busy machine lets it grow.
    await allRight(fleet, 400)
    expect(Math.max(fast.counters.maxInFlight, slow.counters.maxInFlight)).toBe(3)
    expect(fast.counters.answered).toBeGreaterThan(3 * slow.counters.answered)
  })

  it('sends several prompts in one request when told to', async () => {
    const server = await serve()
    const fleet = fleetOf([server], { batch: 4, inFlight: 1 })
    await allRight(fleet, 12)
    expect(server.counters.requests).toBe(3)
  })

  it('sends a turn only to servers of its model', async () => {
    const [a, b] = [await serve(), await serve()]
    const fleet = fleetOf([])
    fleet.addEndpoint({ url: a.url, model: 'a' })
    fleet.addEndpoint({ url: b.url, model: 'b' })
    await Promise.all(texts(5).map(text => score(fleet, text, idle, 'b')))
    expect([a.counters.requests, b.counters.requests]).toEqual([0, 5])
  })

  it('waits for an endpoint, and survives the removal of one', async () => {
    const [slow, other] = [await serve({ latencyMs: 60_000 }), await serve()]
    const fleet = fleetOf([slow])
    const scored = score(fleet, 'Hello')
    await expect.poll(() => slow.counters.requests).toBe(1)
    await fleet.removeEndpoint(slow.url, 0)
    await expect.poll(() => fleet.stats()).toMatchObject({ inFlight: 0, waiting: 1 })
    fleet.addEndpoint({ url: other.url, model: null })
    expect((await scored).label).toBe(expected('Hello'))
  })
})
