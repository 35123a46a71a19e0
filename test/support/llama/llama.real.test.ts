import { afterEach, expect, it } from 'vitest'
import { describeWith } from '../parts/describe-with.js'
import { type LlamaServer, newLlama, startLlama } from './llama.js'

const describe = await describeWith('llama')

describe('a llama.cpp server', () => {
  const started: LlamaServer[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map(server => server.stop()))
  })
  const kept = async (server: Promise<LlamaServer>): Promise<LlamaServer> => {
    started.push(await server)
    return server
  }
  const complete = (server: LlamaServer, body: object) =>
    fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ temperature: 0, ...body }),
    })

  it('generates, counts its tokens, divides its context over its slots, and ends when it is told to', async () => {
    const server = await kept(startLlama({ slots: 2, context: 1024 }))
    expect(await server.metric('tokens_predicted_total')).toBe(0)
    const reply = await complete(server, { prompt: 'The capital of France is', max_tokens: 4 })
    expect(await reply.json()).toMatchObject({ choices: [{ text: expect.stringContaining('Paris') as string }] })
    expect(await server.metric('tokens_predicted_total')).toBe(4)
    const long = await complete(server, { prompt: 'word '.repeat(600), max_tokens: 4 })
    expect(await long.json()).toMatchObject({ error: { type: 'exceed_context_size_error', n_ctx: 512 } })
    await server.stop()
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
  })

  it('comes back on its port after it was killed', async () => {
    const server = await kept(startLlama())
    await server.kill()
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
    await server.start()
    await server.ready()
    expect((await complete(server, { prompt: 'Hello', max_tokens: 1 })).status).toBe(200)
  })

  it('says at once that it cannot be started', async () => {
    const server = await kept(newLlama({ slots: 0.5 }))
    await server.start()
    await expect(server.ready()).rejects.toThrow('no llama.cpp server at')
  })
})
