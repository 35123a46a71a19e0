import { readFileSync } from 'node:fs'
import { type ConnectionOptions } from 'node:tls'
import { type Kafka as KafkaClient, type KafkaConfig, type ProducerConfig, type SASLOptions } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'
import { type KafkaReport, routeLog } from './client-log.js'
import { registerCodecs } from './codecs.js'
import { kafkaError } from './errors.js'
import { Kafka, logLevel, Partitioners } from './kafkajs.js'
import { oauthBearer } from './oauth-bearer.js'
import { openTokenSource } from './oauth-token.js'
import { type Secrets, secretsOf } from './secrets.js'
import { type KafkaSettings } from './settings.js'
import { Sockets } from './sockets.js'

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
  const secrets = secretsOf(settings)
  const sasl = saslOf(settings, secrets)
  return {
    brokers: settings.brokers,
    clientId: settings.clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: settings.requestTimeoutMs,
    retry: { ...RETRY },
    ...(settings.tls !== false && { ssl: tlsOf(settings.tls) }),
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

function tlsOf(tls: Exclude<KafkaSettings['tls'], false>): ConnectionOptions | true {
  if (tls === true) return true
  const { ca, cert, key, serverName, rejectUnauthorized } = tls
  return {
    rejectUnauthorized,
    ...(ca !== undefined && { ca: [pem('ca', ca)] }),
    ...(cert !== undefined && { cert: pem('cert', cert) }),
    ...(key !== undefined && { key: pem('key', key) }),
    ...(serverName !== undefined && { servername: serverName }),
  }
}

/** Neither the path nor the cause is told: somebody may have put the key itself where its path belongs. */
function pem(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `log.kafka.tls.${name}: the file cannot be read (${code})`)
  }
}

function saslOf({ sasl }: KafkaSettings, secrets: Secrets): KafkaConfig['sasl'] {
  if (sasl === 'none') return undefined
  if (sasl.mechanism === 'oauthbearer') return oauthBearer(openTokenSource(sasl), secrets)
  // A copy: kafkajs keeps its authenticator in it. Its types want the mechanisms apart.
  return { ...sasl } as SASLOptions
}
