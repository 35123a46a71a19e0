import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kafka as Client } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { explain } from '../../../../src/domain/errors.js'
import { connectKafka, producerDefaults } from '../../../../src/adapters/log/kafka/connection.js'
import { kafkaError } from '../../../../src/adapters/log/kafka/errors.js'
import { KafkaSettings } from '../../../../src/adapters/log/kafka/settings.js'
import type { Listener } from '../../../support/kafka/listeners.js'
import { unsecuredToken } from '../../../support/kafka/security.js'

const guarded = inject('kafka').guarded
const heard: string[] = []

/** Opens a listener and keeps everything that the client says. */
const open = (listener: Listener, rest: object): Promise<Client> => {
  const settings = KafkaSettings.parse({ brokers: guarded!.endpoints[listener], ...rest })
  return connectKafka(settings, (...said) => heard.push(JSON.stringify(said)))
}

/** Creates a topic, writes one message to it, and reads it again. */
async function passes(client: Client): Promise<string | undefined> {
  const topic = `security-${process.hrtime.bigint()}`
  const admin = client.admin()
  const producer = client.producer({ ...producerDefaults, idempotent: true })
  const consumer = client.consumer({ groupId: topic, maxWaitTimeInMs: 100 })
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()])
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    await producer.send({ topic, messages: [{ value: 'hello' }] })
    await consumer.subscribe({ topic, fromBeginning: true })
    return await new Promise(resolve => {
      void consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) })
    })
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect(), consumer.disconnect()])
  }
}

/** What it fails with, its message and all its causes; each secret is in none of them. */
async function refusal(work: Promise<unknown>, ...secrets: readonly string[]): Promise<string> {
  const error: unknown = await work.then(
    () => 'nothing was refused',
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'STEERFLOW_KAFKA_REFUSED', kind: 'fatal' })
  for (const secret of secrets) {
    expect(explain(error)).not.toContain(secret)
    expect(heard.join('\n')).not.toContain(secret)
  }
  return explain(error)
}

describe.skipIf(guarded === null)('a guarded broker', () => {
  let username: string
  let password: string
  const wrong = 'wr0ng-s3cret'
  let ca: string
  beforeAll(() => {
    ca = join(mkdtempSync(join(tmpdir(), 'steerflow-ca-')), 'ca.pem')
    writeFileSync(ca, guarded!.security.ca)
    ;({ username, password } = guarded!.security)
  })

  describe('tls', () => {
    test('lets in who knows the authority', async () => {
      expect(await passes(await open('tls', { tls: { ca } }))).toBe('hello')
    })

    test('takes another name where it is told to', async () => {
      expect(await passes(await open('tls', { tls: { ca, serverName: 'localhost' } }))).toBe('hello')
      expect(await refusal(open('tls', { tls: { ca, serverName: 'elsewhere' } }))).toMatch(/altname|elsewhere/i)
    })

    test('tells that the certificate is not trusted, at once', async () => {
      expect(await refusal(open('tls', { tls: true }))).toMatch(/certificate/)
    })

    test('takes any certificate where it is told to', async () => {
      expect(await passes(await open('tls', { tls: { rejectUnauthorized: false } }))).toBe('hello')
    })

    test('spoken at a plain port, or not spoken at its own, ends in silence', async () => {
      const silence = { code: 'STEERFLOW_KAFKA_UNREACHABLE' }
      await expect(open('plain', { tls: { ca } })).rejects.toMatchObject(silence)
      await expect(open('tls', {})).rejects.toMatchObject(silence)
    })
  })

  const ways = [
    ['saslPlain', 'plain', false],
    ['scram', 'scram-sha-256', false],
    ['scram', 'scram-sha-512', false],
    ['scramTls', 'scram-sha-256', true],
    ['scramTls', 'scram-sha-512', true],
  ] as const
  describe.each(ways)('%s with %s', (listener, mechanism, encrypted) => {
    const tls = () => (encrypted ? { ca } : false)

    test('lets in who knows the password', async () => {
      expect(await passes(await open(listener, { tls: tls(), sasl: { mechanism, username, password } }))).toBe('hello')
    })

    test('refuses a wrong password and an unknown user, and shows no password', async () => {
      const sasl = { mechanism, username, password: wrong }
      const message = await refusal(open(listener, { tls: tls(), sasl }), wrong)
      expect(message).toMatch(/authentication/i)
      await refusal(open(listener, { tls: tls(), sasl: { ...sasl, username: 'nobody' } }), wrong)
    })
  })

  test('a mechanism that the broker does not know is told', async () => {
    const sasl = { mechanism: 'plain', username, password }
    expect(await refusal(open('scram', { sasl }), password)).toMatch(/requested SASL mechanism/)
  })

  describe('oauthbearer', () => {
    test('lets in who has a token, from a file or as it is', async () => {
      const token = unsecuredToken(username)
      const tokenFile = join(mkdtempSync(join(tmpdir(), 'steerflow-token-')), 'token')
      writeFileSync(tokenFile, `${token}\n`)
      for (const way of [{ token }, { tokenFile }])
        expect(await passes(await open('oauth', { sasl: { mechanism: 'oauthbearer', ...way } }))).toBe('hello')
    })

    test('lets in who gets a token from an endpoint', async () => {
      let asked = 0
      const server = createServer((_, response) => {
        asked++
        response.end(JSON.stringify({ access_token: unsecuredToken(username), expires_in: 3600 }))
      }).listen(0, '127.0.0.1')
      await new Promise(resolve => server.once('listening', resolve))
      const tokenEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      const sasl = { mechanism: 'oauthbearer', tokenEndpoint, clientId: 'me', clientSecret: 's3cret' }
      expect(await passes(await open('oauth', { sasl }))).toBe('hello')
      server.close()
      // The client that tries the way and the one that is returned share one source.
      expect(asked).toBe(1)
    })

    test.each([
      ['nonsense', () => 'n0t-a-token'],
      ['one that is over', () => expired(username)],
    ])('refuses %s, and does not show it', async (_, make) => {
      const token = make()
      await refusal(open('oauth', { sasl: { mechanism: 'oauthbearer', token } }), token)
    })
  })

  test('without credentials, the broker just hangs up', async () => {
    await expect(open('saslPlain', {})).rejects.toMatchObject({ code: 'STEERFLOW_KAFKA_UNREACHABLE' })
  })

  test('a healthy client says nothing above debug', async () => {
    heard.length = 0
    expect(await passes(await open('plain', {}))).toBe('hello')
    expect(heard.filter(line => !line.startsWith('["debug"'))).toEqual([])
  })
})

test('errors of a real broker get their codes', async () => {
  const settings = KafkaSettings.parse({ brokers: inject('kafka').bootstrap })
  const client = await connectKafka(settings, () => undefined)
  const admin = client.admin()
  const producer = client.producer({ ...producerDefaults, retry: { retries: 1 } })
  await Promise.all([admin.connect(), producer.connect()])
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing was thrown',
      (thrown: unknown) => kafkaError(thrown).code,
    )
  const topic = `errors-${process.hrtime.bigint()}`
  const create = (rest: object) => admin.createTopics({ topics: [{ topic, numPartitions: 1, ...rest }] })
  expect(await codeOf(create({ replicationFactor: 99 }))).toBe('STEERFLOW_KAFKA_FAILED')
  expect(await codeOf(producer.send({ topic, messages: [{ value: 'x' }] }))).toBe('STEERFLOW_TOPIC_UNKNOWN')
  await create({ configEntries: [{ name: 'max.message.bytes', value: '1000' }] })
  const large = { topic, messages: [{ value: 'x'.repeat(5000) }] }
  expect(await codeOf(producer.send(large))).toBe('STEERFLOW_RECORD_TOO_LARGE')

  const transactional = () => client.producer({ ...producerDefaults, idempotent: true, transactionalId: topic })
  const [older, newer] = [transactional(), transactional()]
  await older.connect()
  const transaction = await older.transaction()
  await transaction.send({ topic, messages: [{ value: 'x' }] })
  await newer.connect()
  await (await newer.transaction()).abort()
  expect(await codeOf(transaction.commit())).toBe('STEERFLOW_FENCED')
  await Promise.all([admin, producer, older, newer].map(one => one.disconnect()))
})

afterAll(() => {
  heard.length = 0
})

/** A token that was good an hour ago. */
function expired(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: now - 7200, exp: now - 3600 })}.`
}
