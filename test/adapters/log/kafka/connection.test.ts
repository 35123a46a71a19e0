import { rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type LogEntry, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { explain } from '../../../../src/domain/errors.js'
import { routeLog } from '../../../../src/adapters/log/kafka/client-log.js'
import { connectKafka, kafkaConfig } from '../../../../src/adapters/log/kafka/connection.js'
import { KafkaSettings } from '../../../../src/adapters/log/kafka/settings.js'
import { Secrets } from '../../../../src/adapters/secrets.js'
import { temporary } from '../../../support/pipelines.js'

const silent = () => undefined
const settings = (rest: object = {}): KafkaSettings => KafkaSettings.parse({ brokers: ['127.0.0.1:1'], ...rest })
const alice = { mechanism: 'plain', username: 'alice', password: 's3cret' }

test('the files of tls are read; one that cannot be is named by its key, never by its content', () => {
  const file = join(temporary(), 'ca.pem')
  writeFileSync(file, 'certificate')
  const { ssl } = kafkaConfig(settings({ tls: { ca: file, serverName: 'kafka' } }), silent)
  expect(ssl).toEqual({ ca: ['certificate'], servername: 'kafka', rejectUnauthorized: true })
  const pasted = () => kafkaConfig(settings({ tls: { key: 'MIIs3cret' } }), silent)
  expect(pasted).toThrow('log.kafka.tls.key: the file cannot be read (ENOENT)')
  expect(pasted).not.toThrow('s3cret')
  const endless = () => kafkaConfig(settings({ tls: { ca: '/dev/zero' } }), silent)
  expect(endless).toThrow('log.kafka.tls.ca: the file cannot be read (more than 1048576 bytes)')
})

test('each connection reads the files of tls again; one that is away meanwhile is what it was', () => {
  const file = join(temporary(), 'ca.pem')
  writeFileSync(file, 'old')
  const said: string[] = []
  const { ssl } = kafkaConfig(settings({ tls: { ca: file } }), (level, message) => said.push(`${level} ${message}`))
  const ofConnection = (): object => ({ ...(ssl as object) })
  writeFileSync(file, 'new')
  expect(ofConnection()).toMatchObject({ ca: ['new'] })
  rmSync(file)
  expect(ofConnection()).toMatchObject({ ca: ['new'] })
  expect(said).toEqual(['warn log.kafka.tls.ca: the file cannot be read (ENOENT): its last content is used'])
  writeFileSync(file, 'newer')
  expect(ofConnection()).toMatchObject({ ca: ['newer'] })
})

test('neither tls nor sasl is set unless it is asked for', () => {
  const config = kafkaConfig(settings(), silent)
  expect(config).not.toHaveProperty('ssl')
  expect(config).not.toHaveProperty('sasl')
  expect(kafkaConfig(settings({ tls: true, sasl: alice }), silent)).toMatchObject({ ssl: true, sasl: alice })
})

test('a broker that is not there is told of', async () => {
  const error = await connectKafka(settings({ sasl: alice }), silent).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'STEERFLOW_KAFKA_UNREACHABLE', kind: 'transient' })
  expect(explain(error)).toContain('127.0.0.1:1')
})

test('what closes every connection is unreachable too', async () => {
  const server = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const brokers = [`127.0.0.1:${(server.address() as AddressInfo).port}`]
  const error = await connectKafka(settings({ brokers }), silent).catch((thrown: unknown) => thrown)
  server.close()
  expect(error).toMatchObject({ code: 'STEERFLOW_KAFKA_UNREACHABLE' })
})

const heard = (entry: Partial<LogEntry> & { log: LogEntry['log'] }): unknown[] => {
  const said: unknown[] = []
  const secrets = new Secrets()
  secrets.add(alice.password, 'fetched-token')
  routeLog((...args) => said.push(...args), secrets)({ namespace: 'Part', level: logLevel.ERROR, label: '', ...entry })
  return said
}
const entry = (message: unknown, rest: object = {}) => ({ timestamp: '', message: message as string, ...rest })

test('kafkajs speaks through the report, without secrets at any depth', () => {
  const log = entry('refused s3cret', {
    stack: 's3cret',
    deep: { list: ['fetched-token', 1] },
    error: new Error('s3cret'),
  })
  expect(heard({ log })).toEqual([
    'warn',
    'refused [redacted]',
    { part: 'Part', deep: { list: ['[redacted]', 1] }, error: '[redacted]' },
  ])
})

test.each([
  ['Connection error: connect ECONNREFUSED', logLevel.ERROR, 'warn'],
  ['Crash: KafkaJSNumberOfRetriesExceeded: Not authorized', logLevel.ERROR, 'error'],
  ['Crash: KafkaJSGroupCoordinatorNotFound: The group coordinator is not available', logLevel.ERROR, 'debug'],
  ['The group is rebalancing, re-joining', logLevel.WARN, 'debug'],
  ['Limiting retries for the idempotent producer may invalidate EoS guarantees', logLevel.WARN, 'debug'],
  ['Could not create topics', logLevel.WARN, 'info'],
  ['Consumer has joined the group', logLevel.INFO, 'debug'],
  [new Error('an error in the place of a text'), logLevel.ERROR, 'warn'],
])('%s is heard at the level that it deserves', (message, level, expected) => {
  expect(heard({ log: entry(message), level })[0]).toBe(expected)
})

test.each([
  ['This server is not the leader for that topic-partition', 'debug'],
  ['This is not the correct coordinator for this group', 'debug'],
  [
    "Producer attempted an operation with an old epoch. Either there is a newer producer with the same transactionalId, or the producer's transaction has been expired by the broker",
    'debug',
  ],
  ['The coordinator is not aware of this member', 'debug'],
  ['Disk error when trying to access log file on the disk', 'warn'],
  ['Messages are rejected since there are fewer in-sync replicas than required', 'warn'],
  ['Topic authorization failed', 'warn'],
])('an answer that says %j is heard as %s', (error, level) => {
  expect(heard({ log: entry('Response Produce(key: 0, version: 7)', { error }) })[0]).toBe(level)
})

test('a request that failed for a usual reason is no warning', () => {
  const log = entry('Response FindCoordinator(key: 10, version: 1)', {
    error: 'The group coordinator is not available',
  })
  expect(heard({ log })[0]).toBe('debug')
})
