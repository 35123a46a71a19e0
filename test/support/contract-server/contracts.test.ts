import { afterEach, describe, expect, it } from 'vitest'
import { startContractServer, type ServerOptions } from './server.js'

const opened: { stop(): Promise<void> }[] = []
afterEach(() => Promise.all(opened.splice(0).map(one => one.stop())))

async function post(options: ServerOptions, path: string, body: unknown): Promise<{ status: number; json: unknown }> {
  const server = await startContractServer(options)
  opened.push(server)
  const reply = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) })
  return { status: reply.status, json: await reply.json() }
}

describe('the OpenAI contract', () => {
  const ask = (body: object, path = '/v1/completions') => post({ contract: 'openai' }, path, body)

  it('takes the stop string away, and counts the tokens of one choice', async () => {
    // The bytes of "lang:" sum up to 476, which is 21 modulo 35: the code with that index. A line ends behind it.
    const { json } = await ask({ prompt: 'lang:', max_tokens: 9, stop: ['\n'], n: 2 })
    const choice = { text: 'ko', finish_reason: 'stop' }
    expect(json).toMatchObject({ choices: [choice, choice], usage: { completion_tokens: 2 } })
    expect((json as { choices: unknown[] }).choices).toHaveLength(2)
  })

  it('says when the limit ended a text', async () => {
    // 835 is 0 modulo 5.
    const { json } = await ask(
      { messages: [{ role: 'user', content: 'quality:' }], max_tokens: 1 },
      '/v1/chat/completions',
    )
    expect(json).toMatchObject({ choices: [{ message: { content: '0' }, finish_reason: 'length' }] })
  })

  it('refuses what is no request', async () => {
    expect((await ask({ max_tokens: 9 })).status).toBe(400)
    expect((await ask({ prompt: 'x'.repeat(100_001) })).json).toMatchObject({
      error: { type: 'exceed_context_size_error' },
    })
    expect((await ask({ prompt: 'quality:', regex: '[x-z]' })).status).toBe(400)
    expect((await ask({ prompt: 'x' }, '/generate')).status).toBe(404)
  })
})

describe('the Triton contract', () => {
  const infer = (input: object, model = 'reward_model') =>
    post({ contract: 'triton', outputs: ['a', 'b'] }, `/v2/models/${model}/infer`, { id: '1', inputs: [input] })
  const sentences = { name: 'sentences', shape: [2, 1], datatype: 'BYTES', data: ['', 'a'] }

  it('answers floats row by row', async () => {
    // Without bytes the outputs are 0/8 - 0.75 and 7/8 - 0.75; "a" is 97, which is 1 modulo 48.
    expect((await infer(sentences)).json).toEqual({
      id: '1',
      model_name: 'reward_model',
      model_version: '1',
      outputs: [{ name: 'rewards', datatype: 'FP32', shape: [2, 2], data: [-0.75, 0.125, -0.625, 0.25] }],
    })
  })

  it('refuses as the real one: other inputs, other shapes, other models', async () => {
    const unknown = await infer({ ...sentences, name: 'add_EOS' })
    expect(unknown).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining("unexpected inference input 'add_EOS'") as string },
    })
    expect((await infer({ ...sentences, shape: [2] })).json).toMatchObject({
      error: expect.stringContaining('Expected [-1,-1], got [2]') as string,
    })
    expect((await infer(sentences, 'other')).status).toBe(404)
  })
})
