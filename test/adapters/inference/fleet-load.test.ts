import { afterEach, describe, expect, it } from 'vitest'
import type { FaultRule } from '../../support/contract-server/faults.js'
import { allRight, closeAll, expected, fleetOf, score, serve, texts } from './fleet-under-test.js'

afterEach(closeAll)

describe('the load of a fleet', () => {
  it('is one request for a server that has not answered yet', async () => {
    const server = await serve({ latencyMs: 200 })
    const release = server.hold()
    const fleet = fleetOf([server], { batch: 1 })
    const scored = Promise.all(texts(5).map(text => score(fleet, text)))
    await expect.poll(() => server.counters.requests).toBe(1)
    expect(fleet.stats()).toMatchObject({ inFlight: 1, waiting: 4, endpoints: [{ state: 'warming', limit: 1 }] })
    release()
    await scored
    expect(fleet.stats().endpoints[0]).toMatchObject({ state: 'up', answered: 5 })
    expect(server.counters.maxInFlight).toBeGreaterThan(1)
  })

  it('leaves a server that goes: it answers what it has, and gets nothing new', async () => {
    const [leaving, other] = [await serve(), await serve()]
    const release = leaving.hold()
    const fleet = fleetOf([leaving])
    const first = score(fleet, 'first')
    await expect.poll(() => leaving.counters.requests).toBe(1)
    const gone = fleet.removeEndpoint(leaving.url)
    const second = score(fleet, 'second')
    expect(fleet.stats().endpoints).toMatchObject([{ state: 'leaving', inFlight: 1 }])
    release()
    expect((await first).label).toBe(expected('first'))
    await gone
    expect(fleet.stats().endpoints).toEqual([])
    fleet.addEndpoint({ url: other.url, model: null })
    expect((await second).label).toBe(expected('second'))
    expect([leaving.counters.requests, other.counters.requests]).toEqual([1, 1])
  })

  it('stays below what a server refuses', async () => {
    const server = await serve({ service: { kind: 'elastic', baseMs: 5, inFlightMs: 0.1, cap: 6 } })
    const fleet = fleetOf([server], { batch: 1 })
    const refused = (): number => fleet.stats().outcomes.overloaded
    // Only what follows the first refusal tells what was learnt from it: a busy machine meets the server's cap late.
    const limits: number[] = []
    const look = setInterval(() => {
      if (refused() > 0) limits.push(fleet.stats().endpoints[0]!.limit)
    }, 1)
    await allRight(fleet, 600)
    for (let round = 1; limits.length < 100; round++) {
      await Promise.all(texts(600).map(text => score(fleet, `${text} of round ${round}`)))
    }
    clearInterval(look)
    const { calls, outcomes } = fleet.stats()
    expect(outcomes.overloaded).toBeGreaterThan(0)
    expect(outcomes.overloaded).toBeLessThan(calls * 0.15)
    // One more than the cap may be on trial; a machine that looks seldom may see no other moment.
    expect(limits.sort((a, b) => a - b)[limits.length >> 1]).toBeLessThanOrEqual(7)
  })

  it('is not put on a few: on suspicion at most half of the servers are left alone', async () => {
    const broken: FaultRule[] = [{ fault: { kind: 'status', status: 500 } }]
    const servers = [await serve({ faults: broken }), await serve({ faults: broken }), await serve()]
    const fleet = fleetOf(servers, { batch: 1, maxFailures: 50 })
    const seen = new Set<number>()
    const look = setInterval(() => {
      seen.add(fleet.stats().endpoints.filter(({ state }) => state === 'ejected').length)
    }, 2)
    await allRight(fleet, 60)
    clearInterval(look)
    expect(Math.max(...seen)).toBe(1)
  })

  it('is bounded in tokens too', async () => {
    const server = await serve({ latencyMs: 20 })
    const fleet = fleetOf([server], { batch: 1, inFlight: 8, tokensInFlight: 33 })
    await allRight(fleet, 12)
    // A prompt is about 15 tokens, so that two of them fit.
    expect(server.counters.maxInFlight).toBe(2)
  })
})
