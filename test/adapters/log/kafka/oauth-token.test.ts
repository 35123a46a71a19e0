import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { explain } from '../../../../src/domain/errors.js'
import { openTokenSource } from '../../../../src/adapters/log/kafka/oauth-token.js'
import { KafkaSettings, type TokenSettings } from '../../../../src/adapters/log/kafka/settings.js'
import { temporary } from '../../../support/pipelines.js'

let server: Server
let url: string
let asked: { readonly authorization: string | undefined; readonly body: string }[]
let answer: { readonly status: number; readonly body: unknown }

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
    })
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
})
afterAll(() => server.close())
beforeEach(() => {
  asked = []
  answer = { status: 200, body: { access_token: 'abc', token_type: 'bearer', expires_in: 3600 } }
})

const settings = (rest: object): TokenSettings => {
  const { sasl } = KafkaSettings.parse({ brokers: ['a:1'], sasl: { mechanism: 'oauthbearer', ...rest } })
  return sasl as TokenSettings
}
const endpoint = () =>
  openTokenSource(settings({ tokenEndpoint: url, clientId: 'me:1', clientSecret: 's3cret', scope: 'kafka' }))

test('a file is read whenever a token is needed', async () => {
  const tokenFile = join(temporary(), 'token')
  writeFileSync(tokenFile, 'one\n')
  const source = openTokenSource(settings({ tokenFile }))
  expect(await source.token()).toBe('one')
  writeFileSync(tokenFile, 'two\n')
  expect(await source.token()).toBe('two')
  writeFileSync(tokenFile, '\n')
  await expect(source.token()).rejects.toMatchObject({ code: 'STEERFLOW_KAFKA_REFUSED' })
})

test('an endpoint is asked once for all connections, with the credentials in the header', async () => {
  const source = endpoint()
  expect(await Promise.all([source.token(), source.token()])).toEqual(['abc', 'abc'])
  expect(await source.token()).toBe('abc')
  const basic = Buffer.from('me%3A1:s3cret').toString('base64')
  expect(asked).toEqual([{ authorization: `Basic ${basic}`, body: 'grant_type=client_credentials&scope=kafka' }])
})

test('it is asked again when the token was refused, and when its life is unknown', async () => {
  const source = endpoint()
  await source.token()
  source.refused()
  answer = { status: 200, body: { access_token: 'def' } }
  expect(await source.token()).toBe('def')
  expect(await source.token()).toBe('def')
  expect(asked).toHaveLength(3)
})

test.each([
  [401, { error: 's3cret' }, 'STEERFLOW_KAFKA_REFUSED'],
  [200, { token: 's3cret' }, 'STEERFLOW_KAFKA_REFUSED'],
  [503, 's3cret', 'STEERFLOW_KAFKA_UNREACHABLE'],
])('the answer %d %j is %s, which tells nothing of it, and the next try may succeed', async (status, body, code) => {
  const source = endpoint()
  const good = answer
  answer = { status, body }
  const error = await source.token().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code })
  expect(explain(error)).not.toContain('s3cret')
  answer = good
  expect(await source.token()).toBe('abc')
})

test('an endpoint that is not there is a passing failure', async () => {
  const tokenEndpoint = 'http://127.0.0.1:1/'
  const source = openTokenSource(settings({ tokenEndpoint, clientId: 'a', clientSecret: 's3cret' }))
  const error = await source.token().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'STEERFLOW_KAFKA_UNREACHABLE' })
  expect(explain(error)).not.toContain('s3cret')
})
