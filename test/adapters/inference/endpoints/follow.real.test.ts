import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EndpointEntries } from '../../../../src/adapters/inference/endpoints/entry.js'
import type { EndpointsEvent } from '../../../../src/adapters/inference/endpoints/events.js'
import { followEndpoints } from '../../../../src/adapters/inference/endpoints/follow.js'
import type { Fleet } from '../../../../src/adapters/inference/fleet.js'
import { startDnsServer } from '../../../support/dns-server.js'
import { temporaryFolder } from '../../../support/temporary.js'
import { closeAll, expected, fleetOf, refuseAll, score, serve, set, texts } from '../fleet-under-test.js'

const ends: (() => unknown)[] = []
const events: EndpointsEvent[] = []
/** The endpoints at the time of each event. */
const then: (readonly string[])[] = []
let file = ''

beforeEach(async () => {
  events.length = then.length = 0
  file = join(await temporaryFolder(), 'servers.yaml')
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  await closeAll()
})

async function follow(fleet: Fleet, entries: readonly unknown[], path: string | null = null): Promise<void> {
  const spec = { entries: EndpointEntries.parse(entries), file: path }
  const report = (event: EndpointsEvent): void => {
    events.push(event)
    then.push(urlsOf(fleet).toSorted())
  }
  const following = await followEndpoints(spec, { fleet, set, report, everyMs: 20 })
  ends.push(() => following.stop())
}

const write = async (list: readonly unknown[]): Promise<void> => {
  await writeFile(`${file}.next`, JSON.stringify(list))
  await rename(`${file}.next`, file)
}
const urlsOf = (fleet: Fleet) => fleet.stats().endpoints.map(({ url }) => url)
const has = (fleet: Fleet, urls: readonly string[]) =>
  expect.poll(() => urlsOf(fleet).toSorted()).toEqual([...urls].toSorted())

it('loses nothing while servers join and leave, by a file that is rewritten', async () => {
  const servers = await Promise.all([1, 2, 3].map(() => serve({ latencyMs: 20 })))
  const [a, b, c] = servers.map(({ url }) => url)
  const fleet = fleetOf([])
  await write([a])
  await follow(fleet, [], file)
  // Enough that there is work left when the last of them has joined.
  const all = texts(4000)
  const labels = Promise.all(all.map(text => score(fleet, text)))
  await expect.poll(() => servers[0]!.counters.answered).toBeGreaterThan(10)
  await write([a, b])
  await expect.poll(() => servers[1]!.counters.answered).toBeGreaterThan(10)
  await write([b, c])
  await has(fleet, [b!, c!])
  const left = servers[0]!.counters.answered
  await expect.poll(() => servers[2]!.counters.answered).toBeGreaterThan(10)
  expect((await labels).map(({ label }) => label)).toEqual(all.map(expected))
  expect(servers[0]!.counters.answered - left).toBeLessThanOrEqual(8)
  expect(events.map(({ event }) => event)).toEqual([
    'endpoint-joined',
    'endpoint-joined',
    'endpoint-joined',
    'endpoint-left',
  ])
})

it('takes a server of which something changed away, and adds it anew', async () => {
  const { url } = await serve()
  const fleet = fleetOf([])
  await write([{ url, model: 'old' }])
  await follow(fleet, [], file)
  const waiting = score(fleet, 'text', undefined, 'new')
  await expect.poll(() => fleet.stats().waiting).toBe(1)
  await write([{ url, model: 'new' }])
  expect((await waiting).label).toBe(expected('text'))
  await has(fleet, [url])
})

it('leaves a server out that cannot be used, and keeps the others; at the beginning that is an error', async () => {
  const { url } = await serve()
  const fleet = fleetOf([])
  const refused = { url: 'http://127.0.0.1:9', protocol: 'triton-reward' }
  await expect(follow(fleet, [refused])).rejects.toMatchObject({ code: 'STEERFLOW_CONFIG_INVALID' })
  events.length = 0
  await write([url])
  await follow(fleet, [], file)
  await write([url, refused])
  await expect.poll(() => events.at(-1)).toMatchObject({ event: 'endpoint-refused', url: refused.url })
  expect(urlsOf(fleet)).toEqual([url])
})

it('follows the addresses of a name, through wrong and absent answers', async () => {
  const dns = await startDnsServer()
  ends.push(() => dns.close())
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.host)
    response.end('{"sentences": []}')
  })
  // Every address of 127/8 is this machine's: one port, many servers.
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  ends.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const at = (...last: number[]) => last.map(number => `http://127.0.0.${number}:${port}`)
  const name = 'workers.svc.example'
  const fleet = fleetOf([], { retryForMs: 300 })
  dns.set(name, ['127.0.0.2', '127.0.0.3'])
  const entry = { dns: `http://${name}:${port}`, nameServers: [dns.address], everySeconds: 0.02, keepSeconds: 0.5 }
  await follow(fleet, [entry])
  expect(urlsOf(fleet)).toEqual(at(2, 3))

  await score(fleet, 'text').catch(() => undefined)
  expect(new Set(seen)).toEqual(new Set([`${name}:${port}`]))

  dns.set(name, ['127.0.0.4', '127.0.0.3'])
  await has(fleet, at(3, 4))
  for (const outage of ['servfail', 'silent'] as const) {
    dns.set(name, outage)
    await expect.poll(() => events.at(-1)!.event).toBe('endpoints-kept')
    await sleep(700)
    expect(urlsOf(fleet).toSorted()).toEqual(at(3, 4))
    dns.set(name, ['127.0.0.3', '127.0.0.4'])
    await expect.poll(() => events.at(-1)!.event).toBe('endpoints-read')
  }
  const before = events.length
  dns.set(name, [])
  await has(fleet, [])
  const kept = events.findIndex(({ event }, index) => index >= before && event === 'endpoints-kept')
  expect(then[kept]).toEqual(at(3, 4))
  dns.set(name, ['127.0.0.5'])
  await has(fleet, at(5))
})

it('asks a name by the system, too', async () => {
  const { url, port } = await serve()
  const fleet = fleetOf([])
  await follow(fleet, [{ dns: `http://localhost:${port}` }])
  expect(urlsOf(fleet)).toContain(url)
  expect((await score(fleet, 'text')).label).toBe(expected('text'))
})

it('sends a key as a bearer token, again when its file changes, and shows it nowhere', async () => {
  const { host, authorizations: seen } = await refuseAll()
  const url = `http://${host}`
  const fleet = fleetOf([])
  await expect(follow(fleet, [{ url, apiKeyFile: file }])).rejects.toMatchObject({ code: 'STEERFLOW_CONFIG_INVALID' })
  await writeFile(file, 's3cret1\n')
  await follow(fleet, [{ url, protocol: 'openai-completions', apiKeyFile: file }])
  const scored = score(fleet, 'text').catch(() => undefined)
  await expect.poll(() => seen).toContain('Bearer s3cret1')
  await writeFile(file, '')
  await expect.poll(() => events.at(-1)!.event).toBe('endpoints-kept')
  await writeFile(file, 's3cret2\n')
  await expect.poll(() => seen).toContain('Bearer s3cret2')
  expect(JSON.stringify([events, fleet.stats()])).not.toContain('s3cret')
  await fleet.close()
  await scored
})
