import type {
  AuthenticationProviderArgs,
  Authenticator,
  Mechanism,
  Kafka as KafkaClient,
  KafkaConfig,
  ProducerConfig,
  SASLOptions,
} from 'kafkajs'
import { SteerflowError, explain } from '../../../domain/errors.js'
import { Secrets } from '../../secrets.js'
import { type TokenSource, openTokenSource } from './oauth-token.js'
import { readSmallSync, TooLong } from '../../storage/small-file.js'
import type { ConnectionOptions } from 'node:tls'
import { thisWorker } from '../../processes/worker.js'
import { type KafkaReport, routeLog } from './client-log.js'
import { registerCodecs } from './codecs.js'
import { kafkaError } from './errors.js'
import { Kafka, logLevel, Partitioners } from './kafkajs.js'
import type { KafkaSettings } from './settings.js'
import { Sockets } from './sockets.js'

const SEPARATOR = '\u0001'

/**
 * SASL OAUTHBEARER (RFC 7628) for kafkajs. kafkajs's own authenticator does not read the broker's answer, so that a
 * rejected token looks like a connection that closes for no reason, again and again.
 */
export const oauthBearer = (tokens: TokenSource, secrets: Secrets): Mechanism => ({
  mechanism: 'oauthbearer',
  authenticationProvider: ({ saslAuthenticate }: AuthenticationProviderArgs): Authenticator => ({
    authenticate: async () => {
      const token = await tokens.token()
      secrets.addHeader(`Bearer ${token}`)
      try {
        const refusal = await saslAuthenticate({ request: message(`n,,${SEPARATOR}auth=Bearer ${token}`), response })
        if (refusal) throw refused(`SASL OAUTHBEARER: the broker answers ${refusal}`)
      } catch (error) {
        tokens.refused()
        throw error
      }
    },
  }),
})

/** The client's message in kafkajs's format: bytes after their length. */
const message = (text: string) => ({
  encode: () => {
    const bytes = Buffer.from(`${text}${SEPARATOR}${SEPARATOR}`)
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  },
})

/** The broker's message, after its length: empty if it accepts the token, otherwise JSON with a status. */
const response = {
  decode: async (raw: Buffer): Promise<Buffer> => raw.subarray(4),
  parse: (raw: Buffer): string => raw.toString('utf8'),
}

/** kafkajs retries every error that is not marked as final. */
const refused = (text: string): Error =>
  Object.assign(new SteerflowError('STEERFLOW_KAFKA_REFUSED', text), { retriable: false })

/** Time-out for a TCP connection: a broker that does not even accept within this time counts as down. */
const CONNECTION_TIMEOUT_MS = 5000

/**
 * The first retry is quick, since a transaction often waits some milliseconds for the end of the previous one
 * (CONCURRENT_TRANSACTIONS). All together take about 3 s, enough for the election of a leader; callers that get the
 * transient error wait out longer outages.
 */
const RETRY = { initialRetryTime: 20, maxRetryTime: 1000, multiplier: 2, retries: 8 } as const

/** Options of every producer of the project; kafkajs warns of its own default otherwise. */
export const producerDefaults = {
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
  maxInFlightRequests: 1,
} as const satisfies ProducerConfig

/**
 * The configuration of kafkajs for these settings. It also registers every compression.
 * @throws STEERFLOW_CONFIG_INVALID naming a PEM file that cannot be read.
 */
export function kafkaConfig(settings: KafkaSettings, report: KafkaReport): KafkaConfig {
  registerCodecs()
  const secrets = new Secrets()
  const sasl = saslOf(settings, secrets)
  return {
    brokers: settings.brokers,
    clientId: settings.clientId || thisWorker().worker,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: settings.requestTimeoutMs,
    retry: { ...RETRY },
    ...(settings.tls !== false && { ssl: tlsOf(settings.tls, report) }),
    ...(sasl && { sasl }),
    logLevel: logLevel.INFO,
    logCreator: () => routeLog(report, secrets),
  }
}

/**
 * A client with its own sockets. Before it returns, it tests once with each broker that the cluster answers and accepts
 * the client.
 * @throws STEERFLOW_KAFKA_UNREACHABLE, STEERFLOW_KAFKA_REFUSED, STEERFLOW_CONFIG_INVALID
 */
export async function connectKafka(
  settings: KafkaSettings,
  report: KafkaReport,
  sockets = new Sockets(),
): Promise<KafkaClient> {
  const config = { ...kafkaConfig(settings, report), socketFactory: sockets.factory }
  const impatient = new Kafka({ ...config, retry: { ...RETRY, retries: settings.brokers.length - 1 } })
  const admin = impatient.admin()
  try {
    await admin.connect()
    await admin.describeCluster()
  } catch (error) {
    sockets.close()
    throw kafkaError(error)
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
  return new Kafka(config)
}

/**
 * The TLS options. kafkajs passes them on unchanged and each connection copies them, so that every connection reads the
 * files again: certificates are replaced while a worker runs. If a file cannot be read, it may just be being replaced,
 * so its last readable content is used.
 */
function tlsOf(tls: Exclude<KafkaSettings['tls'], false>, report: KafkaReport): ConnectionOptions | true {
  if (tls === true) return true
  const { ca, cert, key, serverName, rejectUnauthorized } = tls
  const options: ConnectionOptions = {
    rejectUnauthorized,
    ...(serverName !== undefined && { servername: serverName }),
  }
  for (const [name, path] of Object.entries({ ca, cert, key })) {
    if (path === undefined) continue
    let last = pem(name, path)
    const get = (): string | string[] => {
      try {
        last = pem(name, path)
      } catch (error) {
        report('warn', `${explain(error)}: its last content is used`, { file: `log.kafka.tls.${name}` })
      }
      return name === 'ca' ? [last] : last
    }
    Object.defineProperty(options, name, { get, enumerable: true })
  }
  return options
}

/** The message contains neither path nor cause: the user may have put the key itself where its path belongs. */
function pem(name: string, path: string): string {
  try {
    return readSmallSync(path)
  } catch (error) {
    const code = error instanceof TooLong ? `more than ${error.most} bytes` : codeOf(error)
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `log.kafka.tls.${name}: the file cannot be read (${code})`)
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown')

function saslOf({ sasl }: KafkaSettings, secrets: Secrets): KafkaConfig['sasl'] {
  if (sasl === 'none') return undefined
  if (sasl.mechanism === 'oauthbearer') {
    const { mechanism, authenticationProvider } = oauthBearer(openTokenSource(sasl), secrets)
    return { mechanism, authenticationProvider: quiet(authenticationProvider, secrets) }
  }
  const { username, password } = sasl
  secrets.add(password, `\0${username}\0${password}`)
  // A copy, since kafkajs stores its authenticator in it; the setter wraps that.
  const copy = { ...sasl } as SASLOptions
  let provider: Mechanism['authenticationProvider'] | undefined
  return Object.defineProperty(copy, 'authenticationProvider', {
    get: () => provider,
    set: (made: Mechanism['authenticationProvider']) => {
      provider = quiet(made, secrets)
    },
  })
}

/** An authenticator whose errors, which quote the broker, do not reveal the credentials. */
const quiet =
  (provider: Mechanism['authenticationProvider'], secrets: Secrets): Mechanism['authenticationProvider'] =>
  (args: AuthenticationProviderArgs) => ({
    authenticate: () =>
      provider(args)
        .authenticate()
        .catch((error: Error) => {
          error.message = secrets.cut(error.message)
          throw error
        }),
  })
