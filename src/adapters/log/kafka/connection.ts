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
 * SASL OAUTHBEARER (RFC 7628) for kafkajs. The authenticator of kafkajs itself does not read the broker's answer, so that
 * a token that was refused shows up as a connection that is closed for no reason, again and again.
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

/** The client's message as kafkajs sends it: bytes with their length before them. */
const message = (text: string) => ({
  encode: () => {
    const bytes = Buffer.from(`${text}${SEPARATOR}${SEPARATOR}`)
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  },
})

/** The broker's message, behind its length: empty when it takes the token, otherwise JSON with a status. */
const response = {
  decode: async (raw: Buffer): Promise<Buffer> => raw.subarray(4),
  parse: (raw: Buffer): string => raw.toString('utf8'),
}

/** kafkajs retries every error that does not say that this is of no use. */
const refused = (text: string): Error =>
  Object.assign(new SteerflowError('STEERFLOW_KAFKA_REFUSED', text), { retriable: false })

/** To reach a port: a broker that does not even accept within this time is as good as gone. */
const CONNECTION_TIMEOUT_MS = 5000

/**
 * The first retry comes quickly, since a transaction often has to wait some milliseconds for the end of the one before
 * (CONCURRENT_TRANSACTIONS). All of them take about 3 s, enough for the election of a leader; longer outages are waited
 * out by whoever gets the transient error.
 */
const RETRY = { initialRetryTime: 20, maxRetryTime: 1000, multiplier: 2, retries: 8 } as const

/** What every producer of the project is created with; kafkajs warns of its own default otherwise. */
export const producerDefaults = {
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
  maxInFlightRequests: 1,
} as const satisfies ProducerConfig

/**
 * The configuration of kafkajs for these settings; every compression can be read from then on.
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
 * A client, over sockets of its own, of a cluster that answers and lets us in, which is tried before it is returned: each broker once.
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
 * The options of TLS. kafkajs hands them on as they are and each connection takes its own copy, so that files are read
 * again whenever one is made: certificates are replaced while a worker runs. One that cannot be read then is replaced just
 * now, or soon: the last one that could be read is used.
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
        report('warn', `${explain(error)}: what it held last is used`, { file: `log.kafka.tls.${name}` })
      }
      return name === 'ca' ? [last] : last
    }
    Object.defineProperty(options, name, { get, enumerable: true })
  }
  return options
}

/** Neither the path nor the cause is told: somebody may have put the key itself where its path belongs. */
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
  // A copy, since kafkajs puts its authenticator into it; it is taken from there to be made quiet.
  const copy = { ...sasl } as SASLOptions
  let provider: Mechanism['authenticationProvider'] | undefined
  return Object.defineProperty(copy, 'authenticationProvider', {
    get: () => provider,
    set: (made: Mechanism['authenticationProvider']) => {
      provider = quiet(made, secrets)
    },
  })
}

/** An authenticator whose errors, the broker's words, do not say again what was sent. */
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
