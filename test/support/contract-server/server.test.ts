import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { attributeSets } from '../../../src/domain/attributes.js'
import { readAttribute, readLine } from '../../../src/domain/label-reply.js'
import { labelPrompt, labelUpTo } from '../../../src/domain/prompt.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { type ContractServer, startContractServer } from './server.js'
import { generate, goldenModel } from './value-model.js'

const Case = z.object({
  case: z.string(),
  method: z.string(),
  path: z.string(),
  request: z.unknown(),
  request_content_type: z.string(),
  status: z.int(),
  content_type: z.string(),
  body: z.string(),
})
const golden = readFileSync(new URL('../../golden/data/generate-contract.json', import.meta.url), 'utf8')

describe('the contract server', () => {
  let server: ContractServer
  beforeAll(async () => {
    server = await startContractServer({ scores: true })
  })
  afterAll(() => server.stop())

  it.each(
    z
      .array(Case)
      .parse(JSON.parse(golden))
      .map(one => [one.case, one] as const),
  )('answers over HTTP as the original: %s', async (_, one) => {
    const body = typeof one.request === 'string' ? one.request : JSON.stringify(one.request)
    const reply = await fetch(`${server.url}${one.path}`, {
      method: one.method,
      headers: { 'content-type': one.request_content_type },
      ...(one.method === 'GET' ? {} : { body }),
    })
    expect(reply.status).toBe(one.status)
    expect(reply.headers.get('content-type')).toBe(one.content_type)
    const text = await reply.text()
    // What is generated differs from the golden run's fake; that something is does not.
    if (one.body.includes('"sentences"')) expect(text).toContain('"sentences"')
    else expect(text).toBe(one.body)
  })

  it('gives raw scores only to who asks for them', async () => {
    const ask = async (headers: Record<string, string>): Promise<unknown> => {
      const body = JSON.stringify({ sentences: ['quality:'], tokens_to_generate: 1 })
      const reply = await fetch(`${server.url}/generate`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      })
      return ((await reply.json()) as { scores?: unknown }).scores
    }
    expect(await ask({})).toBeUndefined()
    expect(await ask({ 'x-steerflow-scores': '1' })).toEqual([{ quality: expect.any(Number) as number }])
  })
})

describe('the golden value model', () => {
  it('continues a line as it answers attribute by attribute', () => {
    const set = attributeSets['oasst-12-lang@1']
    for (const value of ['Hello', 'quality:3?', 'Grüße, 世界', '']) {
      const prompt = labelPrompt('System\n\n', [{ value, from: 'User' }], extraIdTokens)
      let label = ''
      for (const key of [...set.attributes.map(one => one.key), 'lang']) {
        const sentence = generate(goldenModel(), prompt + labelUpTo(label, key), 1, [])
        label = readAttribute(sentence, set, key)!.label
      }
      const whole = generate(goldenModel(), prompt + labelUpTo('', 'quality'), 200, ['\n'])
      expect(readLine(whole, prompt, set, extraIdTokens)?.label).toBe(label)
    }
  })
})
