import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { afterEach, describe, expect, it } from 'vitest'
import type { EndpointsEvent } from '../../../src/adapters/inference/endpoints/events.js'
import { protocolOf, protocols } from '../../../src/adapters/inference/protocols/protocols.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import { explain } from '../../../src/domain/errors.js'
import type { FaultRule } from '../../support/contract-server/faults.js'
import { goldenModel } from '../../support/contract-server/value-model.js'
import { allRight, closeAll, codeOf, expected, fleetOf, score, serve, set, texts } from './fleet-under-test.js'

const closing: (() => void)[] = []
afterEach(async () => {
  await closeAll()
  for (const close of closing.splice(0)) close()
})

/** A server that answers each body as told. */
async function answering(answer: (body: string, headers: Record<string, unknown>) => readonly [number, string]) {
  let requests = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      if (request.method === 'GET') return void response.writeHead(404).end()
      requests++
      const [status, text] = answer(body, request.headers)
      response.writeHead(status).end(text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests }
}

/** A server that gives no whole lines, and for an attribute what it is told to, or else what is right. */
const attributes = (told: (prompt: string) => string | null) =>
  answering(body => {
    const asked = z.object({ sentences: z.array(z.string()), tokens_to_generate: z.number() }).parse(JSON.parse(body))
    const token = (prompt: string) => told(prompt) ?? goldenModel().next(prompt)
    const sentences = asked.sentences.map(prompt => prompt + (asked.tokens_to_generate === 1 ? token(prompt) : '?\n'))
    return [200, JSON.stringify({ sentences })]
  })

const template = '{"error": "no chat template is defined"}'

/** What comes of many turns at a fleet that is closed once something is seen. */
async function outcomes(scored: Promise<unknown>[]): Promise<string[]> {
  return Promise.all(
    scored.map(one =>
      one.then(
        () => 'scored',
        (error: unknown) => explain(error),
      ),
    ),
  )
}

describe('a record is blamed only where the same server accepted others since', () => {
  it.each([400, 413, 422])('a server that answers %i to everything is an outage, in its own words', async status => {
    const server = await answering(() => [status, template])
    const events: EndpointsEvent[] = []
    const protocol = protocolOf('openai-chat', {}, set)
    const fleet = fleetOf([], { retryForMs: 4_000, report: event => events.push(event) })
    fleet.addEndpoint({ url: server.url, model: null, protocol })
    const codes = await Promise.all(texts(8).map(text => codeOf(score(fleet, text))))
    expect(codes).toEqual(Array<string>(8).fill('STEERFLOW_OUTAGE'))
    const [outage] = events.filter(event => event.event === 'outage')
    expect(outage?.cause).toContain(`${server.url}: status ${status}: ${template} (POST /v1/chat/completions)`)
    // A server that takes nothing is not hammered.
    expect(server.requests()).toBeLessThan(150)
  })

  it('a refusal with status 200 is no other', async () => {
    const fleet = fleetOf([await serve({ faults: [{ fault: { kind: 'string' } }] })], { retryForMs: 2_500 })
    const [first] = await outcomes([score(fleet, 'a')])
    expect(first).toContain('nothing succeeded')
    expect(first).toContain('top_p must be')
  })

  it('what was refused by all is scored once the server is mended', async () => {
    const server = await serve({ faults: [{ fault: { kind: 'status', status: 400 } }] })
    const events: EndpointsEvent[] = []
    const fleet = fleetOf([server], {
      report: event => (event.event === 'outage' ? server.faults([]) : undefined, events.push(event)),
    })
    await allRight(fleet, 20)
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['outage', 'outage-over']))
  })

  it('a server that begins to refuse everything in the middle takes no record with it', async () => {
    const server = await serve()
    const events: EndpointsEvent[] = []
    const seen = (name: EndpointsEvent['event']): boolean => events.some(({ event }) => event === name)
    const fleet = fleetOf([server], {
      report: event => {
        events.push(event)
        if (seen('outage') && seen('endpoint-ejected')) server.faults([])
      },
    })
    await allRight(fleet, 30)
    server.faults([{ fault: { kind: 'status', status: 400 } }])
    const later = await Promise.all(texts(30).map(text => score(fleet, `later ${text}`)))
    expect(later.map(({ label }) => label)).toEqual(texts(30).map(text => expected(`later ${text}`)))
    await expect
      .poll(() => events.map(({ event }) => event))
      .toEqual(expect.arrayContaining(['endpoint-ejected', 'outage', 'outage-over', 'endpoint-returned']))
  })

  it('a record that is refused last leaves no outage behind', async () => {
    const fault: FaultRule = { fault: { kind: 'status', status: 400 }, containing: 'refused' }
    const fleet = fleetOf([await serve({ faults: [fault] })])
    await allRight(fleet, 4)
    expect(await codeOf(score(fleet, 'refused'))).toBe('STEERFLOW_INFERENCE_REFUSED')
    expect(fleet.stats()).toMatchObject({ waiting: 0, outageMs: null, outageCause: null })
  })

  it('a server that gives every attribute but one is an outage, in its own words, though others succeed', async () => {
    const server = await attributes(prompt => (prompt.endsWith(',lang:') ? 'e' : null))
    const events: EndpointsEvent[] = []
    const fleet = fleetOf([server], { retryForMs: 5_000, report: event => events.push(event) })
    const errors = await outcomes(texts(8).map(text => score(fleet, text)))
    for (const error of errors) {
      expect(error).toContain('one question failed while others succeeded, for 5000 ms')
      expect(error).toContain('no value for lang in the reply')
    }
    expect(events.filter(({ event }) => event.startsWith('outage'))).toEqual([
      { event: 'outage', cause: expect.stringContaining('no value for lang in the reply') as string },
    ])
    expect(fleet.stats()).toMatchObject({ outageMs: null, turnsScored: 0 })
    // Neither here is a server hammered: eleven attributes, three lines that are none, and what is tried again.
    expect(server.requests()).toBeLessThan(8 * 14 + 150)
  })

  it('an attribute that is given at last ends its outage, and no record is lost', async () => {
    let mended = false
    const server = await attributes(prompt => (!mended && prompt.endsWith(',humor:') ? 'e' : null))
    const events: EndpointsEvent[] = []
    const fleet = fleetOf([server], { report: event => ((mended ||= event.event === 'outage'), events.push(event)) })
    await allRight(fleet, 20)
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['outage', 'outage-over']))
  })

  it.each([1, 2])('one attribute of one record that %i servers never give is the fault of that record', async count => {
    const bad = (prompt: string) => (prompt.endsWith(',lang:') && prompt.includes('text 7\n') ? 'e' : null)
    const servers = await Promise.all(Array.from({ length: count }, () => attributes(bad)))
    const fleet = fleetOf(servers)
    const results = await Promise.allSettled(texts(20).map(text => score(fleet, text)))
    expect(results.flatMap((one, index) => (one.status === 'rejected' ? [index] : []))).toEqual([7])
    expect(await codeOf(score(fleet, 'text 7'))).toBe('STEERFLOW_RECORD_EXHAUSTED')
  })

  it('one of two that refuses everything is gone round', async () => {
    const refusing = await serve({ faults: [{ fault: { kind: 'status', status: 400 } }] })
    await allRight(fleetOf([refusing, await serve({ latencyMs: 5 })]), 200)
    expect(refusing.counters.requests).toBeLessThan(100)
  })

  it('bad records are still found, and only they', async () => {
    const faults: FaultRule[] = [3, 7, 12].map(n => ({
      fault: { kind: 'status', status: 400 },
      containing: `text ${n}\\n`,
    }))
    const servers = [await serve({ faults, record: true }), await serve({ faults, record: true })]
    const results = await Promise.allSettled(texts(40).map(text => score(fleetOfAll(servers), text)))
    expect(results.flatMap((one, index) => (one.status === 'rejected' ? [index] : []))).toEqual([3, 7, 12])
    const tries = servers.flatMap(({ bodies }) => bodies.filter(body => body.includes('text 7\\n'))).length
    expect(tries).toBeLessThan(20)
  })

  let shared: ReturnType<typeof fleetOf> | null = null
  const fleetOfAll = (servers: Parameters<typeof fleetOf>[0]) => (shared ??= fleetOf(servers))

  it('a server with nine malformed answers in ten takes no record with it', async () => {
    const server = await serve({ faults: [{ fault: { kind: 'not-json' }, share: 0.9, seed: 5 }] })
    const fleet = fleetOf([server], { inFlight: 4 })
    const scored = outcomes(texts(60).map(text => score(fleet, text)))
    await expect.poll(() => fleet.stats().outcomes.elsewhere, { timeout: 60_000 }).toBeGreaterThan(15)
    server.faults([])
    expect(new Set(await scored)).toEqual(new Set(['scored']))
  })

  it('one with six in ten has every record scored, however often it failed while others succeeded', async () => {
    const server = await serve({ faults: [{ fault: { kind: 'not-json' }, share: 0.6, seed: 5 }] })
    const fleet = fleetOf([server], { inFlight: 4, maxFailures: 6 })
    expect(new Set(await outcomes(texts(150).map(text => score(fleet, text))))).toEqual(new Set(['scored']))
  })
})

describe('a server that repeats the API key', () => {
  const key = 'sk-very/secret+key=="1'
  const forms: readonly (readonly [string, (key: string) => string])[] = [
    ['as it came', key => `Bearer ${key}`],
    ['in JSON', key => JSON.stringify({ error: `bad key ${key}` })],
    ['in a URL', key => `?key=${encodeURIComponent(key)}`],
    ['in base64', key => Buffer.from(key).toString('base64')],
    ['far behind, where the words are cut off', key => `${'x'.repeat(180)} ${key}`],
    ['in a sentence that is no label', key => JSON.stringify({ sentences: [`no label ${key}`] })],
    [
      'as a text',
      key =>
        JSON.stringify({
          choices: [{ text: `no label ${key}`, message: { content: `no ${key}` }, finish_reason: 'stop' }],
        }),
    ],
  ]
  const statuses = [200, 400, 401, 429, 500]

  it.each(Object.keys(protocols))('by %s: it is in nothing that is said', async name => {
    const said: string[] = []
    for (const [, form] of forms) {
      for (const status of statuses) {
        const server = await answering(() => [status, form(key)])
        const five = attributeSets['helpsteer-5@1']
        const fleet = fleetOf([], {
          attributeSet: five,
          retryForMs: 200,
          report: event => said.push(JSON.stringify(event)),
        })
        fleet.addEndpoint({
          url: server.url,
          model: null,
          protocol: protocolOf(name, {}, five),
          headers: { authorization: `Bearer ${key}` },
        })
        const error: unknown = await score(fleet, 'a').catch((thrown: unknown) => thrown)
        said.push(explain(error), JSON.stringify(fleet.stats()))
        await fleet.close()
      }
    }
    const all = said.join('\n')
    expect(all).toContain('[redacted]')
    for (const part of ['very/secret', 'very%2Fsecret', Buffer.from(key).toString('base64').slice(0, 12)]) {
      expect(all).not.toContain(part)
    }
  })
})
