import { afterEach, describe, expect, it } from 'vitest'
import type { FaultRule } from './faults.js'
import { type ContractServer, type ServerOptions, startContractServer } from './server.js'

describe('faults of the contract server, as a client sees them', () => {
  const started: ContractServer[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map(server => server.stop()))
  })
  const serve = async (fault?: FaultRule['fault'], options: ServerOptions = {}): Promise<ContractServer> => {
    const server = await startContractServer({ ...options, ...(fault ? { faults: [{ fault }] } : {}) })
    started.push(server)
    return server
  }
  const ask = (server: ContractServer, signal = AbortSignal.timeout(5_000)) =>
    fetch(`${server.url}/generate`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sentences: ['quality:'], tokens_to_generate: 1 }),
      signal,
    })

  it.each([
    [429, 7, '7'],
    [429, undefined, null],
    [502, undefined, null],
  ])('a status: %d, Retry-After %s', async (status, retryAfter, header) => {
    const reply = await ask(await serve({ kind: 'status', status, ...(retryAfter ? { retryAfter } : {}) }))
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([status, header])
  })

  it('a body that comes slowly, though its headers come at once', async () => {
    const server = await serve({ kind: 'drip', ms: 1000 })
    const began = performance.now()
    const reply = await ask(server)
    // The server has not come to the end of its answer.
    expect(server.counters.answered).toBe(0)
    expect(await reply.json()).toMatchObject({ sentences: ['quality:0'] })
    expect(performance.now() - began).toBeGreaterThan(400)
    expect(server.counters.answered).toBe(1)
  })

  it('a reset in the middle of the body', async () => {
    const reply = await ask(await serve({ kind: 'reset' }))
    expect(reply.status).toBe(200)
    await expect(reply.text()).rejects.toThrow('terminated')
  })

  it('healthy but stuck', async () => {
    const server = await serve({ kind: 'hang' })
    await expect(ask(server, AbortSignal.timeout(100))).rejects.toThrow('timeout')
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    expect(server.counters.answered).toBe(0)
  })

  it('loading, then ready', async () => {
    const look = async (server: ContractServer) => [
      (await ask(server)).status,
      (await fetch(`${server.url}/health`)).status,
    ]
    expect(await look(await serve(undefined, { loadingMs: 600_000 }))).toEqual([503, 503])
    const ready = await serve(undefined, { loadingMs: 100 })
    await expect.poll(() => look(ready)).toEqual([200, 200])
  })

  it('a restart, from which a server that was stopped does not come back', async () => {
    const server = await serve({ kind: 'restart', ms: 1500 })
    await expect(ask(server)).rejects.toThrow('fetch failed')
    server.faults([])
    await expect(ask(server)).rejects.toThrow('fetch failed')
    await expect
      .poll(() =>
        ask(server).then(
          ({ status }) => status,
          () => 'not there',
        ),
      )
      .toBe(200)
    const restarted = server.restart(100)
    await server.stop()
    await restarted
    await expect(ask(server)).rejects.toThrow('fetch failed')
  })
})
