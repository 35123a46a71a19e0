import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { maxBodyBytes } from '../../../src/adapters/baseline/http.js'
import { type BaselineServer, startBaselineServer } from '../../../src/adapters/baseline/server.js'
import { writeModel } from '../../../src/baseline/model.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import { sha256 } from '../../../src/domain/digest.js'
import { readLine } from '../../../src/domain/label-reply.js'
import { controlTokens } from '../../../src/domain/prompt-tokens.js'
import { labelPrompt } from '../../../src/domain/prompt.js'
import { smallModel } from '../../support/baseline.js'

const set = attributeSets['oasst-12-lang@1']
let folder: string
let modelPath: string
let server: BaselineServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steerflow-baseline-server-'))
  modelPath = join(folder, 'model.json')
  await writeFile(modelPath, writeModel(smallModel()))
  server = await startBaselineServer({ modelPath, port: 0 })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

interface Sent {
  readonly url?: string
  readonly path?: string
  readonly method?: 'PUT' | 'GET' | 'POST'
  readonly headers?: Record<string, string>
}

/** Sends one request; an object as JSON, a text as it is. */
async function send(body: unknown, { url = server.url, path = '/generate', method = 'PUT', headers = {} }: Sent = {}) {
  const answer = await request(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: method === 'GET' ? null : typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.statusCode, type: answer.headers['content-type'], body: await answer.body.text() }
}

const Case = z.object({
  case: z.string(),
  method: z.enum(['PUT', 'GET', 'POST']),
  path: z.string(),
  request: z.unknown(),
  request_content_type: z.string(),
  status: z.int(),
  content_type: z.string(),
  body: z.string(),
  generate_called_with: z.array(z.unknown()),
})

describe('the baseline server', () => {
  it('answers what the original does, for every request that the original refuses', async () => {
    const golden = new URL('../../golden/data/generate-contract.json', import.meta.url)
    const cases = z.array(Case).parse(JSON.parse(await readFile(golden, 'utf8')))
    for (const one of cases) {
      const { path, method } = one
      const answer = await send(one.request, { path, method, headers: { 'content-type': one.request_content_type } })
      const name = `${one.case}: ${answer.body.slice(0, 100)}`
      if (one.generate_called_with.length === 0) {
        expect({ ...answer, name }).toEqual({ status: one.status, type: one.content_type, body: one.body, name })
      } else if (one.case !== 'all_probs' && one.case !== 'logprob') {
        expect(Object.keys(JSON.parse(answer.body) as object), name).toEqual(
          Object.keys(JSON.parse(one.body) as object),
        )
      }
    }
  })

  it('says that it has no probabilities', async () => {
    for (const option of ['all_probs', 'compute_logprob']) {
      const { status, body } = await send({ sentences: ['hi'], [option]: true })
      expect({ status, body: JSON.parse(body) as unknown }).toEqual({
        status: 200,
        body: `${option} is not supported: the baseline model has no probabilities of tokens`,
      })
    }
  })

  it('gives raw scores to those who ask', async () => {
    const body = { sentences: ['hi', 'there'] }
    const asked = JSON.parse((await send(body, { headers: { 'x-steerflow-scores': '1' } })).body) as {
      scores: object[]
    }
    expect(asked.scores.map(scores => Object.keys(scores))).toEqual([
      set.attributes.map(({ key }) => key),
      set.attributes.map(({ key }) => key),
    ])
    expect(JSON.parse((await send(body)).body)).not.toHaveProperty('scores')
  })

  it('names its model and says that it is well', async () => {
    expect(server.model).toBe(sha256(await readFile(modelPath)))
    expect(await send(null, { path: '/health', method: 'GET' })).toMatchObject({
      status: 200,
      body: '{"status":"ok"}\n',
    })
  })

  it('refuses a body beyond its bound, and goes on', async () => {
    const { status } = await send('x'.repeat(maxBodyBytes + 1))
    expect(status).toBe(413)
    expect((await send({ sentences: ['hi'] })).status).toBe(200)
  })

  it('understands other prompt tokens when it is told', async () => {
    const other = await startBaselineServer({ modelPath, port: 0, tokens: controlTokens })
    try {
      const prompt = labelPrompt('S', [{ value: 'the quick brown fox', from: 'Assistant' }], controlTokens)
      const { body } = await send({ sentences: [prompt] }, { url: other.url })
      const { sentences } = JSON.parse(body) as { sentences: string[] }
      expect(readLine(sentences[0]!, prompt, set, controlTokens)).not.toBeNull()
    } finally {
      await other.close()
    }
  })

  it('listens wider only with a token, and then wants it from everyone', async () => {
    await expect(startBaselineServer({ modelPath, host: '0.0.0.0', port: 0 })).rejects.toMatchObject({
      code: 'STEERFLOW_USAGE',
    })
    const guarded = await startBaselineServer({ modelPath, port: 0, token: 'secret' })
    try {
      const knock = async (authorization?: string) => {
        const headers = authorization === undefined ? {} : { authorization }
        return (await send({ sentences: ['hi'] }, { url: guarded.url, headers })).status
      }
      expect([await knock(), await knock('Bearer wrong'), await knock('Bearer secret')]).toEqual([401, 401, 200])
    } finally {
      await guarded.close()
    }
  })

  it('says what keeps it from starting', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    await expect(startBaselineServer({ modelPath, port })).rejects.toMatchObject({ code: 'STEERFLOW_PORT_TAKEN' })
    taken.close()
    await expect(startBaselineServer({ modelPath: join(folder, 'nothing.json'), port: 0 })).rejects.toMatchObject({
      code: 'STEERFLOW_INPUT_NOT_FOUND',
    })
    await writeFile(join(folder, 'damaged.json'), '{}')
    await expect(startBaselineServer({ modelPath: join(folder, 'damaged.json'), port: 0 })).rejects.toMatchObject({
      code: 'STEERFLOW_MODEL_INVALID',
    })
    const huge = join(folder, 'huge.json')
    await writeFile(huge, '')
    await truncate(huge, 3 * 2 ** 30)
    await expect(startBaselineServer({ modelPath: huge, port: 0 })).rejects.toMatchObject({
      code: 'STEERFLOW_MODEL_INVALID',
      message: `${huge} has more than 67,108,864 bytes, the most of a baseline model`,
    })
  })

  it('takes the next port when the first is taken, and leaves none open behind it', async () => {
    const [one, two] = [await startBaselineServer({ modelPath }), await startBaselineServer({ modelPath })]
    const ports = [one, two].map(({ url }) => Number(new URL(url).port))
    expect(ports[1]).toBeGreaterThan(ports[0]!)
    expect(ports[0]).toBeGreaterThanOrEqual(1424)
    await Promise.all([one.close(), two.close()])
    await expect(send({ sentences: ['hi'] }, { url: one.url })).rejects.toThrow()
  })
})
