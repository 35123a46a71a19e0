import { afterEach, describe, expect, it } from 'vitest'
import type { FaultRule } from '../../support/contract-server/faults.js'
import { allRight, closeAll, codeOf, expected, fleetOf, score, serve, texts } from './fleet-under-test.js'

afterEach(closeAll)

describe('a fleet under faults', () => {
  const every = (fault: FaultRule['fault'], n = 4): FaultRule[] => [{ fault, every: n }]

  it.each<[string, FaultRule[]]>([
    ['500', every({ kind: 'status', status: 500 })],
    ['501', every({ kind: 'status', status: 501 })],
    ['502', every({ kind: 'status', status: 502 })],
    ['503', every({ kind: 'status', status: 503 })],
    ['504', every({ kind: 'status', status: 504 })],
    ['429 with Retry-After', every({ kind: 'status', status: 429, retryAfter: 0.05 })],
    ['429 without it', every({ kind: 'status', status: 429 })],
    ['a wrong count', every({ kind: 'count' })],
    ['no JSON', every({ kind: 'not-json' })],
    ['a reset in the middle of the body', every({ kind: 'reset' })],
    ['no answer at all', every({ kind: 'hang' }, 10)],
    ['an answer that comes after the deadline', every({ kind: 'slow', ms: 1500 }, 10)],
    ['a body that comes slower than the deadline', every({ kind: 'drip', ms: 2000 }, 10)],
    ['nonsense', every({ kind: 'nonsense' })],
    ['restarts', every({ kind: 'restart', ms: 50 }, 10)],
  ])('loses nothing: %s', async (_, faults) => {
    const fleet = fleetOf([await serve({ faults }), await serve()], { deadlineMs: 1000, maxFailures: 8 })
    await allRight(fleet, 40)
    expect(fleet.stats()).toMatchObject({ inFlight: 0, waiting: 0, outageMs: null })
    expect(fleet.stats().calls).toBeGreaterThan(40)
  })

  it('waits while a server loads its model', async () => {
    const server = await serve({ loadingMs: 300 })
    await allRight(fleetOf([server]), 3)
    expect(server.counters.requests).toBeLessThan(12)
  })

  it('goes round a server that says it is healthy and answers nothing', async () => {
    const [stuck, works] = [await serve({ faults: [{ fault: { kind: 'hang' } }] }), await serve()]
    const fleet = fleetOf([stuck, works], { deadlineMs: 1000 })
    await allRight(fleet, 400)
    expect((await fetch(`${stuck.url}/health`)).status).toBe(200)
    expect(stuck.counters.requests).toBeLessThan(40)
    expect(fleet.stats()).toMatchObject({ inFlight: 0, waiting: 0, outageMs: null })
  })

  it('waits as long as an overloaded server asks for', async () => {
    const server = await serve({ faults: [{ fault: { kind: 'status', status: 429, retryAfter: 1 }, requests: [1] }] })
    const began = performance.now()
    await allRight(fleetOf([server]), 1)
    expect(performance.now() - began).toBeGreaterThan(990)
  })

  it('loses nothing over a restart', async () => {
    const server = await serve({ latencyMs: 2 })
    const fleet = fleetOf([server], { batch: 1 })
    const done = allRight(fleet, 200)
    await expect.poll(() => server.counters.answered, { interval: 5 }).toBeGreaterThan(10)
    await server.restart(500)
    await done
    expect(server.counters.answered).toBeGreaterThanOrEqual(200)
  })

  it('refuses what a server refuses, and goes on', async () => {
    const rule: FaultRule = { fault: { kind: 'string' }, containing: 'text 3\\n' }
    const fleet = fleetOf([await serve({ faults: [rule] })])
    const results = await Promise.allSettled(texts(6).map(text => score(fleet, text)))
    expect(results.map(one => one.status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(await codeOf(score(fleet, 'text 3'))).toBe('STEERFLOW_INFERENCE_REFUSED')
  })

  it('separates a request of several prompts to find the bad one', async () => {
    const rules: FaultRule[] = [
      { fault: { kind: 'status', status: 500 }, containing: 'text 3\\n' },
      { fault: { kind: 'status', status: 400 }, containing: 'text 5\\n' },
    ]
    const fleet = fleetOf([await serve({ faults: rules })], { batch: 8, inFlight: 1, maxFailures: 3 })
    const results = await Promise.allSettled(texts(8).map(text => score(fleet, text)))
    expect(results.flatMap((one, index) => (one.status === 'rejected' ? [index] : []))).toEqual([3, 5])
    expect(await codeOf(score(fleet, 'text 3'))).toBe('STEERFLOW_RECORD_EXHAUSTED')
    expect(await codeOf(score(fleet, 'text 5'))).toBe('STEERFLOW_INFERENCE_REFUSED')
  })

  it('gives a record up that fails at both servers while others succeed', async () => {
    const faults: FaultRule[] = [{ fault: { kind: 'status', status: 500 }, containing: 'text 3\\n' }]
    const servers = [await serve({ faults, record: true }), await serve({ faults, record: true })]
    const fleet = fleetOf(servers, { maxFailures: 3 })
    const results = await Promise.allSettled(texts(6).map(text => score(fleet, text)))
    expect(results.filter(one => one.status === 'rejected')).toHaveLength(1)
    const tries = servers.map(server => server.bodies.filter(body => body.includes('text 3\\n')).length)
    expect(Math.min(...tries)).toBeGreaterThanOrEqual(1)
    expect(tries[0]! + tries[1]!).toBeGreaterThanOrEqual(3)
    expect(fleet.stats().endpoints.some(one => one.state === 'ejected')).toBe(false)
  })

  it('gives a record up that is the last one, on the evidence of one that is asked again', async () => {
    const faults: FaultRule[] = [{ fault: { kind: 'status', status: 500 }, containing: 'last' }]
    const fleet = fleetOf([await serve({ faults })], { maxFailures: 3 })
    await score(fleet, 'first')
    expect(await codeOf(score(fleet, 'last'))).toBe('STEERFLOW_RECORD_EXHAUSTED')
  })

  it('gives no record up in an outage, however often it failed', async () => {
    const server = await serve()
    const fleet = fleetOf([server], { maxFailures: 3 })
    await score(fleet, 'before')
    server.faults([{ fault: { kind: 'status', status: 500 } }])
    const waiting = Promise.all(texts(3).map(text => score(fleet, text)))
    await expect.poll(() => fleet.stats().outcomes.elsewhere).toBeGreaterThan(4)
    await expect.poll(() => fleet.stats().outageMs).toBeGreaterThan(1000)
    server.faults([])
    expect((await waiting).map(one => one.label)).toEqual(texts(3).map(expected))
    expect(fleet.stats().outageMs).toBeNull()
  })

  it('gives no record up because of a server that runs no value model', async () => {
    const fleet = fleetOf([await serve({ faults: [{ fault: { kind: 'nonsense' } }] })], {
      maxFailures: 3,
      retryForMs: 1500,
    })
    const codes = await Promise.all(texts(3).map(text => codeOf(score(fleet, text))))
    expect(codes).toEqual(Array<string>(3).fill('STEERFLOW_OUTAGE'))
  })

  it('says that there is an outage when it was waited for long enough', async () => {
    const server = await serve()
    await server.stop()
    const fleet = fleetOf([server], { retryForMs: 300 })
    const began = performance.now()
    expect(await codeOf(score(fleet, 'Hello'))).toBe('STEERFLOW_OUTAGE')
    expect(performance.now() - began).toBeGreaterThan(290)
    expect(await codeOf(score(fleetOf([], { retryForMs: 50 }), 'Hello'))).toBe('STEERFLOW_OUTAGE')
  })

  it('lets go when its caller does, and cancels the request', async () => {
    const server = await serve({ faults: [{ fault: { kind: 'hang' } }] })
    const fleet = fleetOf([server])
    const caller = new AbortController()
    const scored = score(fleet, 'Hello', caller.signal)
    await expect.poll(() => server.counters.requests).toBe(1)
    caller.abort(new Error('stopped'))
    await expect(scored).rejects.toThrow('stopped')
    await expect.poll(() => fleet.stats()).toMatchObject({ inFlight: 0, waiting: 0 })
  })
})
