import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { KafkaSettings } from '../../src/adapters/log/kafka/settings.js'
import { explain } from '../../src/domain/errors.js'
import { builtIn } from '../../src/flow.js'
import { commentedConfig } from '../../src/cli/commented-config.js'
import { Config } from '../../src/cli/config.js'
import { configKeys } from '../../src/cli/config-keys.js'
import { loadConfig } from '../../src/cli/load-config.js'
import { main } from '../../src/cli/program.js'
import { temporary } from '../support/pipelines.js'

const SECRET = 's3cret: [hush'
const brokers = { STEERFLOW_LOG_KAFKA_BROKERS: '[a:9092, b:9092]' }

const fileWith = (text: string): string => {
  const file = join(temporary(), 'steerflow.yaml')
  writeFileSync(file, text)
  return file
}

const failure = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return explain(error)
  }
  throw new Error('nothing was thrown')
}

test.each(['{}', 'log: embedded', 'log: {}', 'log: { maxBytes: 68719476736 }'])('%s is the embedded log', text => {
  expect(loadConfig({ file: fileWith(text) }).log).toEqual({ maxBytes: 64 * 2 ** 30 })
})

test('the variables of Kafka are enough to use it', () => {
  const env = {
    ...brokers,
    STEERFLOW_LOG_KAFKA_TLS_CA: '/etc/ca.pem',
    STEERFLOW_LOG_KAFKA_SASL_MECHANISM: 'scram-sha-512',
    STEERFLOW_LOG_KAFKA_SASL_USERNAME: '0123',
    STEERFLOW_LOG_KAFKA_SASL_PASSWORD: '0123',
  }
  expect(loadConfig({ file: fileWith('log: embedded'), env }).log).toMatchObject({
    kafka: {
      brokers: ['a:9092', 'b:9092'],
      tls: { ca: '/etc/ca.pem', rejectUnauthorized: true },
      sasl: { mechanism: 'scram-sha-512', username: '0123', password: '0123' },
      delivery: 'exactly-once',
    },
  })
})

test.each([
  ['log: elsewhere', 'log: expected embedded, or one'],
  ['log: { maxBytes: -1 }', 'log.maxBytes: '],
  ['log: { kafka: { brokers: [a:1] }, maxBytes: 5000000 }', 'log: maxBytes belongs to the embedded log'],
  ['log: { kafka: {} }', 'log.kafka.brokers: '],
  ['log: { kafka: { brokers: [] } }', 'log.kafka.brokers: '],
  ['log: { kafka: { brokers: [a] } }', 'log.kafka.brokers.0: expected host:port'],
  ['log: { kafka: { brokers: [a:1], namespace: a/b } }', 'log.kafka.namespace: '],
  ['log: { kafka: { brokers: [a:1], sasl: { mechanism: plain, username: u } } }', 'log.kafka.sasl.password: '],
  ['log: { kafka: { brokers: [a:1], sasl: { mechanism: oauthbearer } } }', 'log.kafka.sasl: expected one of token'],
  ['log: { kafka: { brokers: [a:1], sasl: { mechanism: kerberos } } }', 'log.kafka.sasl.mechanism: '],
  ['log: { kafka: { brokers: [a:1], tls: on } }', 'log.kafka.tls: expected true'],
  ['log: { kafka: { brokers: [a:1], tls: { Ca: x } } }', 'log.kafka.tls: Unrecognized key: "Ca"'],
])('%s is refused by name: %s', (text, message) => {
  expect(failure(() => loadConfig({ file: fileWith(text) }))).toContain(message)
})

test('a secret is taken as it is spelled, and config show leaves it out', async () => {
  const env = {
    ...brokers,
    STEERFLOW_LOG_KAFKA_SASL_MECHANISM: 'plain',
    STEERFLOW_LOG_KAFKA_SASL_USERNAME: 'alice',
    STEERFLOW_LOG_KAFKA_SASL_PASSWORD: SECRET,
    STEERFLOW_LOG_KAFKA_TLS_KEY: '/etc/key.pem',
  }
  expect(loadConfig({ env }).log).toMatchObject({ kafka: { sasl: { password: SECRET } } })
  for (const format of [[], ['--json']]) {
    const set = Object.entries(env).flatMap(([name, value]) => ['--set', `${pathOf(name)}=${value}`])
    const shown = await printed('config', 'show', ...format, ...set)
    expect(shown).toContain('alice')
    expect(shown).not.toContain('s3cret')
    expect(shown).not.toContain('key.pem')
    expect((parse(shown) as { log: unknown }).log).toMatchObject({
      kafka: { sasl: { password: '[redacted]' }, tls: { key: '[redacted]' } },
    })
  }
})

test('every secret of the settings is known as one', () => {
  const secrets = [...configKeys(builtIn)].filter(([, { secret }]) => secret).map(([path]) => path)
  expect(secrets).toEqual([
    'log.kafka.tls.key',
    'log.kafka.sasl.password',
    'log.kafka.sasl.token',
    'log.kafka.sasl.clientSecret',
    'registry.password',
  ])
})

test.each([
  'log: { kafka: { brokers: [a:1], sasl: { mechanism: plain, username: u, password: "s3cret } } }',
  'log: { kafka: { brokers: [a:1], sasl: { mechanism: plain, username: u, password: *s3cret } } }',
  'log: { kafka: { brokers: [a:1], sasl: s3cret } }',
  'log: { kafka: { brokers: [a:1], sasl: { mechanism: s3cret } } }',
  'log: { kafka: { brokers: [a:1], sasl: { mechanism: oauthbearer, token: [s3cret] } } }',
  'log: { kafka: { brokers: ["u:s3cret@a:1"] } }',
  'log: { kafka: { brokers: [a:1], tls: { key: "-----BEGIN\\ns3cret" } } }',
  'log: { kafka: { brokers: [a:1], sasl: { mechanism: oauthbearer, clientId: x, clientSecret: x, tokenEndpoint: "https://u:s3cret@a" } } }',
])('no message tells the secret of %s', text => {
  const message = failure(() => loadConfig({ file: fileWith(text) }))
  expect(message).not.toContain('s3cret')
  expect(failure(() => loadConfig({ set: [`log=${text.slice(5)}`] }))).not.toContain('s3cret')
})

test('a mistake in YAML is told by its place', () => {
  expect(failure(() => loadConfig({ file: fileWith('a: 1\nb: [') }))).toMatch(/is not YAML: line 2, column \d+: /)
})

test('the form of the log that is not the default can be uncommented whole', () => {
  const { log } = Config.parse(parse(`log:\n${linesWith('##').join('\n')}`))
  expect(log).toEqual(Config.parse({ log: { kafka: { brokers: ['localhost:9092'] } } }).log)
})

test('the forms of tls and sasl that are not the default can be uncommented whole', () => {
  const forms = linesWith('###')
    .join('\n')
    .split(/\n(?= {4}(?:tls|sasl):)/)
  expect(forms).toHaveLength(3)
  for (const form of forms) {
    const settings = { brokers: ['a:1'], ...(parse(form) as object) }
    if (form.includes('oauthbearer')) expect(Object.keys(settings)).toEqual(['brokers', 'sasl'])
    else expect(KafkaSettings.safeParse(settings).error).toBeUndefined()
  }
})

/** The lines of the log's section in the commented file that begin with just these, without them and without comments. */
const linesWith = (hashes: string): string[] =>
  /\n#log:[^]*?\n\n/
    .exec(commentedConfig(builtIn))![0]
    .split('\n')
    .filter(line => line.startsWith(`${hashes} `))
    .map(line => line.slice(hashes.length))
    .filter(line => /^ {2}/.test(line) && !/^\s*#/.test(line))

const pathOf = (variable: string): string =>
  [...configKeys(builtIn).keys()].find(
    path =>
      `STEERFLOW_${path
        .replaceAll('.', '_')
        .replace(/(?=[A-Z])/g, '_')
        .toUpperCase()}` === variable,
  ) ?? variable

async function printed(...args: readonly string[]): Promise<string> {
  let text = ''
  const out = (part: string | Uint8Array) => void (text += String(part))
  await main(args, { out, err: out })
  return text
}
