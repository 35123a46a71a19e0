import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Endpoint } from '../../../src/adapters/inference/pool/endpoint.js'
import { openAiCompletions } from '../../../src/adapters/inference/protocols/openai-text.js'
import type { Generation } from '../../../src/adapters/inference/protocols/protocol.js'
import { type LlamaServer, startLlama } from '../../support/llama/llama.js'
import { describeWith } from '../../support/parts/describe-with.js'

const describe = await describeWith('llama')

describe('plain generation by a real llama.cpp server', () => {
  let server: LlamaServer
  const opened: Endpoint[] = []
  beforeAll(async () => {
    server = await startLlama()
  })
  afterAll(async () => {
    await Promise.all(opened.map(endpoint => endpoint.close()))
    await server.stop()
  })

  const endpointWith = (deadlineMs: number, stream = true): Endpoint => {
    const options = {
      protocol: openAiCompletions({ guided: 'none', stream }),
      inFlight: 2,
      mostInFlight: 2,
      batch: 1,
      tokensInFlight: 1_000_000,
      deadlineMs,
      lines: false,
      report: () => undefined,
      breaker: { failures: 5, pause: { first: 100, most: 1_000 }, random: Math.random },
    }
    const endpoint = new Endpoint({ url: server.url, model: null }, options)
    opened.push(endpoint)
    return endpoint
  }
  const generation = (prompt: string, maxTokens: number, ...endStrings: string[]): Generation => ({
    prompt,
    maxTokens,
    endStrings,
    line: null,
    turn: { system: '', turns: [] },
  })
  const never = new AbortController().signal
  /** Counts up for each step of a generation, while it is under way. */
  const steps = () => server.metric('n_decode_total')
  /** It has begun to generate. */
  const begun = async (from: number) => {
    await expect.poll(steps, { interval: 20 }).toBeGreaterThan(from + 5)
  }
  /** Nothing is generated any more: no request is worked on, and the counter stands still. */
  const expectIdle = async () => {
    await expect.poll(() => server.metric('requests_processing')).toBe(0)
    const count = await steps()
    await sleep(300)
    expect(await steps()).toBe(count)
  }

  it.each([true, false])(
    'continues a prompt up to its limit of tokens, the same way each time: stream %s',
    async stream => {
      const endpoint = endpointWith(60_000, stream)
      const ask = () => endpoint.send([generation('The capital of France is', 6)], never)
      const verdict = await ask()
      expect(verdict).toMatchObject({ kind: 'ok', answers: [{ kind: 'continuation', tokens: { completion: 6 } }] })
      expect(JSON.stringify(verdict)).toContain(' Paris')
      expect(JSON.stringify(await ask())).toContain(' Paris')
    },
  )

  it('stops at an end string, which it leaves out', async () => {
    const verdict = await endpointWith(60_000).send([generation('The capital of France is', 60, 'Paris', '\n')], never)
    expect(verdict).toMatchObject({ kind: 'ok', answers: [{ text: ' ' }] })
  })

  it('breaks off at its deadline, and so does the server', async () => {
    const before = await steps()
    const asking = endpointWith(700).send([generation('Once upon a time', 900)], never)
    await begun(before)
    expect(await asking).toEqual({ kind: 'elsewhere', reason: 'no whole answer within 700 ms' })
    await expectIdle()
    expect((await steps()) - before).toBeLessThan(600)
  })

  it('leaves the server at work where the reply does not come in pieces', async () => {
    const before = await steps()
    const verdict = await endpointWith(200, false).send([generation('Once upon a time', 120)], never)
    expect(verdict).toEqual({ kind: 'elsewhere', reason: 'no whole answer within 200 ms' })
    await expect.poll(steps).toBeGreaterThanOrEqual(before + 119)
  })

  it('breaks off when its caller gives up, and so does the server', async () => {
    const before = await steps()
    const caller = new AbortController()
    const asking = endpointWith(60_000).send([generation('Once upon a time', 900)], caller.signal)
    await begun(before)
    caller.abort(new Error('given up'))
    await expect(asking).rejects.toThrow('given up')
    await expectIdle()
    expect((await steps()) - before).toBeLessThan(600)
  })
})
