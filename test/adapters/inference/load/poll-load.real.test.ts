import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import {
  metricsUrl,
  pollLoad,
  type PollTimes,
  type ServerLoad,
} from '../../../../src/adapters/inference/load/poll-load.js'
import { startContractServer } from '../../../support/contract-server/server.js'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Polls and collects until the test ends. */
function poll(url: string, times: Partial<PollTimes>, headers = {}): (ServerLoad | null)[] {
  const loads: (ServerLoad | null)[] = []
  const stop = new AbortController()
  const ended = pollLoad({ url: metricsUrl(url), headers }, load => loads.push(load), stop.signal, times)
  ends.push(async () => {
    stop.abort()
    await ended
  })
  return loads
}

it('follows what a contract server has under way', async () => {
  const server = await startContractServer({ metrics: true })
  ends.push(() => server.stop())
  const release = server.hold()
  const loads = poll(server.url, { everyMs: 20 })
  await expect.poll(() => loads.at(-1)).toEqual({ running: 0, waiting: 0, cacheUsage: 0 })
  const body = JSON.stringify({ sentences: ['x'], tokens_to_generate: 1 })
  const ask = () =>
    fetch(`${server.url}/generate`, { method: 'PUT', body, headers: { 'content-type': 'application/json' } })
  const asked = [ask(), ask(), ask()]
  await expect.poll(() => loads.at(-1)).toMatchObject({ running: 3 })
  release()
  await Promise.all(asked)
  await expect.poll(() => loads.at(-1)).toMatchObject({ running: 0 })
})

it('costs a server without metrics one request in a long while', async () => {
  let asked = 0
  const url = await serve((_, response) => {
    asked++
    response.writeHead(404).end()
  })
  const loads = poll(url, { everyMs: 5, absentMs: 10_000 })
  await sleep(200)
  expect(loads).toEqual([null])
  expect(asked).toBe(1)
})

it('asks seldom where it hears nothing known, and soon again after a failure', async () => {
  let asked = 0
  const url = await serve((_, response) => {
    asked++
    if (asked <= 2) response.writeHead(503).end()
    else response.end('up 1\n')
  })
  const loads = poll(url, { everyMs: 5, absentMs: 10_000 })
  await expect.poll(() => asked).toBe(3)
  await sleep(100)
  expect(asked).toBe(3)
  expect(loads).toEqual([null, null, null])
})

it('does not wait for a page that never ends, and is silent once it is stopped', async () => {
  const url = await serve((_, response) => void response.write('vllm:num_requests_waiting 1\n'))
  const loads = poll(url, { everyMs: 5, deadlineMs: 50 })
  await expect.poll(() => loads).toContain(null)
  await ends.pop()!()
  const told = loads.length
  await sleep(150)
  expect(loads).toHaveLength(told)
})

it('shows name, password and headers to the server', async () => {
  const seen: (string | undefined)[][] = []
  const url = await serve(({ headers, url }, response) => {
    seen.push([headers.authorization, headers.host, url])
    response.end('llamacpp:requests_processing 1\nllamacpp:requests_deferred 0\n')
  })
  const loads = poll(url.replace('//', '//bob:s3cr%40t@'), { everyMs: 5 }, { host: 'workers.example:8000' })
  await expect.poll(() => loads.at(-1)).toEqual({ running: 1, waiting: 0, cacheUsage: null })
  expect(seen[0]).toEqual([`Basic ${Buffer.from('bob:s3cr@t').toString('base64')}`, 'workers.example:8000', '/metrics'])
})
