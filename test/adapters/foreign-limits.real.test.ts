import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setInterval as ticks } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { BeyondBounds, Bounds } from '../../src/adapters/foreign-answer.js'
import { explain, SteerflowError } from '../../src/domain/errors.js'
import { type ForeignClient, foreignClients, modelsClient } from '../support/foreign-clients.js'

afterEach(() => void vi.unstubAllEnvs())

/** Short where time is the bound, and more than anything else takes where it is not. */
const boundsOf = (bound: BeyondBounds['bound']): Bounds => ({ ms: bound === 'time' ? 400 : 60_000, bytes: 4 << 20 })
/** Bytes of the longest answer of all: an inference server's. */
const longest = 64 << 20

const levels = 100_000
const deep: Readonly<Record<ForeignClient['speaks'], string>> = {
  json: '['.repeat(levels) + ']'.repeat(levels),
  xml: '<a>'.repeat(levels) + '</a>'.repeat(levels),
  bytes: '',
}

function* endless() {
  for (;;) yield ' '.repeat(1 << 16)
}

interface Way {
  readonly bound: BeyondBounds['bound']
  readonly says: RegExp
  answer(response: ServerResponse, speaks: ForeignClient['speaks']): unknown
}

/** What servers do, and what an error says of it. */
const ways: Readonly<Record<string, Way>> = {
  'never answers': { bound: 'time', says: /within \d+ ms/, answer: () => undefined },
  'sends a byte at a time': {
    bound: 'time',
    says: /within \d+ ms/,
    answer: async response => {
      for await (const _ of ticks(20)) if (response.destroyed || !response.write(' ')) return
    },
  },
  'sends without end': {
    bound: 'size',
    says: /more than \d+ bytes/,
    answer: response => Readable.from(endless()).pipe(response),
  },
  'nests without end': {
    bound: 'depth',
    says: /nested deeper than \d+ levels/,
    answer: (response, speaks) => response.end(deep[speaks]),
  },
}

/** A server that answers so, with the bytes of its longest answer. */
async function start(answer: (response: ServerResponse) => unknown) {
  const answers: ServerResponse[] = []
  const closed: Promise<unknown>[] = []
  let sent = 0
  const server = createServer((request, response) => {
    answers.push(response)
    response.on('error', () => undefined)
    const { socket } = request
    const before = socket.bytesWritten
    closed.push(once(response, 'close').then(() => (sent = Math.max(sent, socket.bytesWritten - before))))
    request.resume().once('end', () => {
      response.setHeader('content-type', 'application/json')
      void answer(response)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Settles when nobody is waited for, or read from, any more: with the bytes of the longest answer. */
    over: async (): Promise<number> => {
      await Promise.all(closed)
      return sent
    },
  }
}

/** The code of an error, or what else a client makes of an answer. */
const verdictOf = (came: unknown): unknown => {
  const { code, kind, state } = came as { readonly code?: string; readonly kind?: string; readonly state?: string }
  return code ?? kind ?? state
}

describe.each(Object.entries(ways))('whoever %s', (_, way) => {
  const { bound, says } = way
  const asked = foreignClients.filter(({ speaks }) => bound !== 'depth' || speaks !== 'bytes')
  it.each(asked)('is given up, and named: $name', async client => {
    const { party, speaks } = client
    const server = await start(response => way.answer(response, speaks))
    const came = await client.ask(server.url, boundsOf(bound))
    expect(verdictOf(came)).toBe(client.beyond(bound))
    const text = came instanceof Error ? explain(came) : JSON.stringify(came)
    expect(text).toContain(party)
    expect(text).toMatch(says)
    if (came instanceof SteerflowError) expect(came.next).not.toBe('')
    expect(await server.over()).toBeLessThan(longest + (16 << 20))
  })
  it('is given up where an answer can be done without', async () => {
    const server = await start(response => way.answer(response, 'json'))
    expect(await modelsClient.ask(server.url, boundsOf(bound))).toEqual([])
    expect(await server.over()).toBeLessThan(longest)
  })
})
