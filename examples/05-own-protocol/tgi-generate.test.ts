import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { type AttributeSet, extraIdTokens, openFleet } from 'steerflow'
import { afterEach, expect, it } from 'vitest'
import { tgiGenerate } from './tgi-generate.js'

const two: AttributeSet = {
  name: 'two@1',
  attributes: [
    { key: 'quality', min: 0, max: 4 },
    { key: 'humor', min: 0, max: 4 },
  ],
  language: false,
}

interface Asked {
  readonly inputs: string
  readonly parameters: { readonly stop: readonly string[] }
}

const opened: { close(): unknown }[] = []
afterEach(() => Promise.all(opened.splice(0).map(one => one.close())))

/** A server of this kind: what it continues a prompt with, and a line end; null: it has too much to do. */
async function serve(continued: (prompt: string) => string | null): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void json(request).then(body => {
      asked.push(body as Asked)
      const text = continued((body as Asked).inputs)
      if (text === null) return response.writeHead(429).end('{"error":"Model is overloaded","error_type":"overloaded"}')
      const headers = { 'x-prompt-tokens': '20', 'x-generated-tokens': '8' }
      const details = { finish_reason: 'stop_sequence', generated_tokens: 8 }
      return response.writeHead(200, headers).end(JSON.stringify({ generated_text: `${text}\n`, details }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  opened.push(server)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

it('scores turns, and leaves a server that has too much to do', async () => {
  const good = await serve(prompt => (prompt.includes('User\nWell said.\n') ? '4,humor:2' : '1,humor:0'))
  const busy = await serve(() => null)
  const fleet = openFleet({
    endpoints: [busy, good].map(({ url }) => ({ url, model: null, protocol: tgiGenerate })),
    attributeSet: two,
    tokens: extraIdTokens,
    protocol: 'auto',
    inFlight: 1,
  })
  opened.unshift(fleet)
  const label = async (value: string): Promise<string> => {
    const turn = { system: 'A chat.\n\n', turns: [{ value, from: 'User' }] }
    return (await fleet.pinned('any').scoreTurn(turn, new AbortController().signal)).label
  }
  expect(await Promise.all(['Well said.', 'No.', 'What?'].map(label))).toEqual([
    'quality:4,humor:2',
    'quality:1,humor:0',
    'quality:1,humor:0',
  ])
  expect(fleet.stats().outcomes.ok).toBe(3)
  expect(fleet.stats().outcomes.overloaded).toBeGreaterThan(0)
  expect([...busy.asked, ...good.asked]).toContainEqual(
    expect.objectContaining({
      inputs: '<extra_id_0>System\nA chat.\n\n<extra_id_1>User\nNo.\n<extra_id_2>quality:',
      parameters: expect.objectContaining({ stop: ['\n', '<extra_id_1>', '<|endoftext|>'] }) as object,
    }),
  )
})

const classify = (status: number, body: string, headers = {}) => tgiGenerate.classify({ status, body, headers }, 1)
const whole = '{"generated_text":"3","details":{"finish_reason":"length"}}'

it('reads the text, and the tokens where they are told', () => {
  const answer = { kind: 'continuation', text: '3', finish: 'length', tokens: null }
  expect(classify(200, whole)).toEqual({ kind: 'ok', answers: [answer] })
  expect(classify(200, whole, { 'x-prompt-tokens': '20', 'x-generated-tokens': '8' })).toEqual({
    kind: 'ok',
    answers: [{ ...answer, tokens: { prompt: 20, completion: 8 } }],
  })
})

it.each([
  ['elsewhere', 200, '{"generated_text":"3"}'],
  ['elsewhere', 200, whole.replace('length', '')],
  ['elsewhere', 200, whole.replace('"3"', '""')],
  ['elsewhere', 200, '<html>'],
  ['elsewhere', 424, '{"error":"Request failed during generation","error_type":"generation"}'],
  ['overloaded', 429, '{"error":"Model is overloaded","error_type":"overloaded"}'],
  ['poison', 422, '{"error":"Input validation error","error_type":"validation"}'],
  ['unavailable', 404, ''],
])('says %s of status %i with %s', (kind, status, body) => {
  expect(classify(status, body).kind).toBe(kind)
})
