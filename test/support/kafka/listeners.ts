import type { Security } from './security.js'

/** The ways into a broker that tests can ask for; `plain` is always there. */
export const LISTENERS = ['plain', 'tls', 'saslPlain', 'scram', 'oauth', 'scramTls'] as const
export type Listener = (typeof LISTENERS)[number]

interface Way {
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  /** The SASL mechanisms, each with the line that configures the broker's side of it. */
  readonly mechanisms?: (security: Security) => Readonly<Record<string, string>>
}

const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
const scram = () => ({ 'SCRAM-SHA-256': SCRAM, 'SCRAM-SHA-512': SCRAM })

const WAYS: Readonly<Record<Listener, Way>> = {
  plain: { protocol: 'PLAINTEXT' },
  tls: { protocol: 'SSL' },
  saslPlain: {
    protocol: 'SASL_PLAINTEXT',
    mechanisms: ({ username, password }) => ({
      PLAIN: `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
    }),
  },
  scram: { protocol: 'SASL_PLAINTEXT', mechanisms: scram },
  oauth: {
    protocol: 'SASL_PLAINTEXT',
    mechanisms: () => ({
      OAUTHBEARER:
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
    }),
  },
  scramTls: { protocol: 'SASL_SSL', mechanisms: scram },
}

/** The name that a listener has in the broker's configuration. */
export const listenerName = (listener: Listener): string => listener.toUpperCase()

export const protocolOf = (listener: Listener): string => WAYS[listener].protocol

/** The properties of one listener: its mechanisms, its certificate. */
export function listenerProperties(listener: Listener, security: Security): Record<string, string> {
  const { protocol, mechanisms } = WAYS[listener]
  const prefix = `listener.name.${listenerName(listener).toLowerCase()}`
  const properties: Record<string, string> = {}
  if (mechanisms) {
    const lines = Object.entries(mechanisms(security))
    properties[`${prefix}.sasl.enabled.mechanisms`] = lines.map(([mechanism]) => mechanism).join(',')
    for (const [mechanism, line] of lines) properties[`${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`] = line
  }
  if (protocol.endsWith('SSL')) {
    properties[`${prefix}.ssl.keystore.type`] = 'PEM'
    properties[`${prefix}.ssl.keystore.certificate.chain`] = security.certificate.chain
    properties[`${prefix}.ssl.keystore.key`] = security.certificate.key
  }
  return properties
}

/** Whether a listener shows a certificate. */
export const usesTls = (listener: Listener): boolean => WAYS[listener].protocol.endsWith('SSL')
