import type { IncomingMessage } from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import { redacted } from '../../src/cli/log/redact.js'
import { connectKafka } from '../../src/adapters/log/kafka/connection.js'
import { KafkaSettings } from '../../src/adapters/log/kafka/settings.js'
import { explain } from '../../src/domain/errors.js'
import { spellings, traces } from '../support/echoing-server.js'
import { foreignClients, httpFiles, modelsClient } from '../support/foreign-clients.js'
import { startForeign } from '../support/foreign-server.js'
import { startRefusingBroker } from '../support/kafka/refusing-broker.js'

afterEach(() => void vi.unstubAllEnvs())

/** All that came with a request and was sent as a secret, in every spelling, and the secret itself. */
function echo({ headers, url = '' }: IncomingMessage, secret: string): string {
  const sent = ['authorization', 'webhook-signature', 'x-amz-security-token'].flatMap(name => headers[name] ?? [])
  // The last but one is of what a bearer sends.
  const spelled = spellings.filter((_, index) => index !== 8 || sent.some(one => one.startsWith('Bearer ')))
  return [...sent, url.slice(url.indexOf('?') + 1), ...spelled.map(spelling => spelling(secret))].join(' ~ ')
}

/** What any of the clients takes for an answer, with that in each of its texts. */
const answerOf = (said: string): string =>
  JSON.stringify({
    data: [{ id: said }],
    error_code: 422,
    message: said,
    id: said.slice(0, 200),
    detail: said,
    schema: '{}',
    schemaType: said,
    compatibilityLevel: said,
    metadata: { uid: 'u', name: said },
    status: { conditions: [{ type: 'Failed', status: 'True', reason: said, message: said }] },
    items: [{ metadata: { name: said }, status: { reason: said, message: said } }],
  })

const bodies: Readonly<Record<string, (said: string) => string>> = {
  'an answer': answerOf,
  'a report': said => JSON.stringify({ state: 'failed', detail: said.slice(0, 2000) }),
  'an error of S3': said =>
    `<Error><Code>InvalidToken</Code><Message>${said.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Message></Error>`,
  'a page': said => `<html>${said}</html>`,
}

/** What a person or a file may be told of what came: the error in words, and all of it as the log writes it. */
const told = (came: unknown): string =>
  `${came instanceof Error ? explain(came) : ''} ${JSON.stringify(redacted(came))}`.toLowerCase()

/** Whose words are quoted, so that there is something to cut. */
const quoting = new Set<string>()

it.each([...foreignClients, modelsClient])(
  'what $name says again of a secret is in nothing that comes of it',
  async client => {
    for (const [body, spell] of Object.entries(bodies))
      for (const status of [200, 307, 400, 401]) {
        const signatures: string[] = []
        const url = await startForeign((request, response) => {
          signatures.push(...[request.headers['webhook-signature'] ?? []].flat())
          signatures.push(...(/Signature=(\w+)/.exec(request.headers.authorization ?? '')?.slice(1) ?? []))
          const said = echo(request, client.secret)
          const location = status === 307 && { location: `/?key=${encodeURIComponent(client.secret)}` }
          response.writeHead(status, { 'content-type': 'application/json', ...location }).end(spell(said))
        })
        const text = told(await client.ask(url))
        if (text.includes('[redacted]')) quoting.add(client.name)
        for (const trace of [...traces(client.secret), ...signatures.map(one => one.replace('v1,', ''))]) {
          const at = text.indexOf(trace.toLowerCase())
          expect(at === -1 ? '' : text.slice(Math.max(0, at - 60), at + 60), `${body}, ${status}: ${trace}`).toBe('')
        }
      }
  },
)

const kafkaSecret = `s3cr3t/"<&>'%+key-with-all-of-it-0123456789`
it.each([
  { mechanism: 'plain', username: 'ann', password: kafkaSecret },
  { mechanism: 'oauthbearer', token: kafkaSecret },
])('what a broker says again of what $mechanism sent is in no error and no line of the log', async sasl => {
  const broker = await startRefusingBroker(sent =>
    [...spellings.map(spelled => spelled(kafkaSecret)), sent].join(' ~ '),
  )
  const said: unknown[] = []
  const settings = KafkaSettings.parse({ brokers: [broker], sasl })
  const error = await connectKafka(settings, (...line) => said.push(line)).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'STEERFLOW_KAFKA_REFUSED' })
  const text = told(error) + JSON.stringify(said).toLowerCase()
  expect(text).toContain('[redacted]')
  const ofBearer = sasl.mechanism === 'oauthbearer' ? 0 : 1
  for (const trace of traces(kafkaSecret).filter((_, index) => index !== 5 * ofBearer)) {
    const at = text.indexOf(trace.toLowerCase())
    expect(at === -1 ? '' : text.slice(Math.max(0, at - 60), at + 60), trace).toBe('')
  }
})

it('every file that speaks HTTP is known, with the client that shows what becomes of foreign words', () => {
  const speaks = /from 'undici'|from 'node:https?'|import\('(@aws-sdk|@kubernetes|@confluentinc)|\bfetch\((url|`)/
  const found = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    name => name.endsWith('.ts') && speaks.test(readFileSync(`src/${name}`, 'utf8')),
  )
  expect(found.toSorted()).toEqual(Object.keys(httpFiles).toSorted())
  const clients = [...foreignClients, modelsClient].map(({ name }) => name)
  for (const where of Object.values(httpFiles))
    expect([...clients, 'our own server', 'only numbers come of it: poll-load.real.test.ts']).toContain(where)
})

it('no secret goes where a redirect leads', async () => {
  for (const client of [...foreignClients, modelsClient]) {
    const seen: string[] = []
    const other = await startForeign(({ url, rawHeaders }, response) => {
      seen.push([url, ...rawHeaders].join(' ').toLowerCase())
      response.end('{}')
    })
    await client.ask(await startForeign((_, response) => void response.writeHead(307, { location: other }).end()))
    const secret = traces(client.secret).filter(trace => seen.some(text => text.includes(trace.toLowerCase())))
    expect({ client: client.name, secret }).toEqual({ client: client.name, secret: [] })
  }
})

it('and of most there is something that is quoted', () => {
  expect(foreignClients.filter(({ name }) => !quoting.has(name)).map(({ name }) => name)).toEqual([
    'a schema registry, of doctor',
    'an endpoint of tokens',
  ])
})
