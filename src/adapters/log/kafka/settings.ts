import { z } from 'zod'

/** A text that is never shown: `config show`, logs and errors leave it out, and its variable is taken as it is spelled. */
const secret = (about: string) => z.string().min(1).meta({ description: about, writeOnly: true })

/** Whoever pastes a key where its path belongs must not read it in the next message. */
const pemPath = z
  .string()
  .min(1)
  .regex(/^[^\n]*$/, 'expected the path of a PEM file, not its text')

const Tls = z.strictObject({
  ca: pemPath.optional().describe('PEM file of the authority that signed the brokers; absent: those that Node knows'),
  cert: pemPath.optional().describe('PEM file of the certificate that this client shows'),
  key: pemPath.meta({ description: "PEM file of that certificate's key", writeOnly: true }).optional(),
  serverName: z.string().min(1).optional().describe('name that the certificate must hold, where it is not the host'),
  rejectUnauthorized: z.boolean().default(true).describe('false takes any certificate: for experiments only'),
})

const WithPassword = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('plain only where tls is on'),
  username: z.string().min(1).describe('name of the user'),
  password: secret('password of the user'),
})

/** Exactly one way to a token. */
const OauthBearer = z
  .strictObject({
    mechanism: z.literal('oauthbearer').describe('a token'),
    token: secret('a token that does not change').optional(),
    tokenFile: z.string().min(1).optional().describe('file that holds the token; read again whenever one is needed'),
    tokenEndpoint: z
      .url({ protocol: /^https?$/, abort: true })
      .refine(url => !new URL(url).password, 'takes no password: set clientId and clientSecret')
      .optional()
      .describe('URL that gives a token for clientId and clientSecret (OAuth 2.0, client credentials)'),
    clientId: z.string().min(1).optional().describe('name at the tokenEndpoint'),
    clientSecret: secret('password at the tokenEndpoint').optional(),
    scope: z.string().min(1).optional().describe('scope that is asked of the tokenEndpoint'),
  })
  .superRefine(({ token, tokenFile, tokenEndpoint, clientId, clientSecret, scope }, context) => {
    const ways = [token, tokenFile, tokenEndpoint].filter(way => way !== undefined).length
    if (ways !== 1) context.addIssue('expected one of token, tokenFile and tokenEndpoint')
    if (tokenEndpoint !== undefined) {
      if (clientId === undefined) context.addIssue({ code: 'custom', path: ['clientId'], message: 'is required' })
      if (clientSecret === undefined)
        context.addIssue({ code: 'custom', path: ['clientSecret'], message: 'is required' })
    } else if (clientId !== undefined || clientSecret !== undefined || scope !== undefined)
      context.addIssue('clientId, clientSecret and scope belong to a tokenEndpoint')
  })

const Sasl = z.union([z.literal('none'), z.discriminatedUnion('mechanism', [WithPassword, OauthBearer])])

const milliseconds = (least: number, value: number, about: string) =>
  z.int().min(least).max(900_000).default(value).describe(`${about}, in milliseconds`)

/** How to reach Kafka and what to ask of it: `log: { kafka: … }` of steerflow.yaml. */
export const KafkaSettings = z.strictObject({
  brokers: z
    .array(z.string().regex(/^[^\s:,/@]+:\d{1,5}$/, 'expected host:port'))
    .min(1)
    .meta({
      description: 'addresses of some brokers, host:port; the others are learnt',
      examples: [['localhost:9092']],
    }),
  namespace: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9._-]+$/, 'expected letters, digits, dots, underscores and hyphens')
    .default('steerflow')
    .describe('what the names of all topics, groups and transactional ids begin with, before a dot'),
  clientId: z
    .string()
    .default('')
    .describe(
      "name by which the brokers' logs, their quotas and `status --lag` know this process; empty: steerflow-<host>-<pid>",
    ),
  tls: z
    .union([z.boolean(), Tls], { error: 'expected true, false, or the keys of tls' })
    .default(false)
    .describe('encryption: false, true, or its files'),
  sasl: Sasl.default('none').describe('how this client says who it is: none, or a mechanism with what it needs'),
  compression: z
    .enum(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    .default('none')
    .describe(
      'how batches are written; all kinds are read. lz4 makes text a third of its size for little work, zstd a fifth',
    ),
  replicationFactor: z
    .int()
    .min(-1)
    .max(32_767)
    .refine(copies => copies !== 0, 'expected -1, or 1 and more')
    .default(-1)
    .describe('copies of each partition of a topic that is created; -1: what the brokers have as their default'),
  maxMessageBytes: z
    .int()
    .min(1024)
    .max(2 ** 30)
    .default(8 * 2 ** 20)
    .describe('largest batch in bytes; becomes max.message.bytes of the topics that are created'),
  delivery: z
    .enum(['exactly-once', 'at-least-once'])
    .default('exactly-once')
    .describe('exactly-once: records and offset in one transaction; at-least-once: quicker, and repeats after a crash'),
  sessionTimeoutMs: milliseconds(1000, 7000, 'how long a member is silent before its partitions go to others'),
  requestTimeoutMs: milliseconds(100, 30_000, 'how long an answer of a broker is waited for'),
  transactionTimeoutMs: milliseconds(1000, 30_000, 'how long a transaction is open before the broker ends it'),
})
export type KafkaSettings = z.output<typeof KafkaSettings>

/** The settings of one SASL mechanism. */
export type SaslSettings = Exclude<KafkaSettings['sasl'], 'none'>

/** Where the token of `oauthbearer` comes from. */
export type TokenSettings = Extract<SaslSettings, { mechanism: 'oauthbearer' }>
