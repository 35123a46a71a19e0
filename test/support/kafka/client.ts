import { type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import type { Kafka } from './kafka.js'
import { type Listener, usesTls } from './listeners.js'
import { unsecuredToken } from './security.js'

/** The configuration of a kafkajs client that comes in by a listener. */
export function clientConfig(kafka: Pick<Kafka, 'endpoints' | 'security'>, listener: Listener): KafkaConfig {
  const sasl = saslOf(listener, kafka.security)
  return {
    brokers: kafka.endpoints[listener],
    logLevel: logLevel.NOTHING,
    ...(usesTls(listener) && { ssl: { ca: kafka.security.ca } }),
    ...(sasl && { sasl }),
  }
}

function saslOf(listener: Listener, { username, password }: Kafka['security']): SASLOptions | null {
  switch (listener) {
    case 'plain':
    case 'tls':
      return null
    case 'saslPlain':
      return { mechanism: 'plain', username, password }
    case 'scram':
      return { mechanism: 'scram-sha-256', username, password }
    case 'scramTls':
      return { mechanism: 'scram-sha-512', username, password }
    case 'oauth':
      return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: unsecuredToken(username) }) }
  }
}
