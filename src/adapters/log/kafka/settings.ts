import { z } from 'zod'

/** A secret text: `config show`, logs and errors omit it, and its environment variable is taken literally. */
const secret = (about: string) => z.string().min(1).meta({ description: about, writeOnly: true })

/** If a user pastes a key where its path belongs, the error message must not quote it. */
const pemPath = z
  .string()
  .min(1)
  .regex(/^[^\n]*$/, 'expected the path of a PEM file, not its text')

const Tls = z.strictObject({
  ca: pemPath.optional().describe("PEM file of the brokers' certificate authority (default: those that Node knows)"),
  cert: pemPath.optional().describe("PEM file of this client's certificate"),
  key: pemPath.meta({ description: "PEM file of the certificate's key", writeOnly: true }).optional(),
  serverName: z.string().min(1).optional().describe("name in the broker's certificate, if not the host"),
  rejectUnauthorized: z.boolean().default(true).describe('false accepts any certificate: for experiments only'),
})

const WithPassword = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('plain only with tls'),
  username: z.string().min(1).describe('name of the user'),
  password: secret('password of the user'),
})

/** Exactly one source of the token. */
const OauthBearer = z
  .strictObject({
    mechanism: z.literal('oauthbearer').describe('token'),
    token: secret('a token that does not change').optional(),
    tokenFile: z.string().min(1).optional().describe('file with the token; read again for every use'),
    tokenEndpoint: z
      .url({ protocol: /^https?$/, abort: true })
      .refine(url => !new URL(url).password, 'takes no password: set clientId and clientSecret')
      .optional()
      .describe('URL that returns a token for clientId and clientSecret (OAuth 2.0, client credentials)'),
    clientId: z.string().min(1).optional().describe('name at the tokenEndpoint'),
    clientSecret: secret('password at the tokenEndpoint').optional(),
    scope: z.string().min(1).optional().describe('scope to request from the tokenEndpoint'),
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

/** Connection and topic settings of Kafka: `log: { kafka: … }` of steerflow.yaml. */
export const KafkaSettings = z.strictObject({
  brokers: z
    .array(z.string().regex(/^[^\s:,/@]+:\d{1,5}$/, 'expected host:port'))
    .min(1)
    .meta({
      description: 'addresses of some brokers, host:port; these name the others',
      examples: [['localhost:9092']],
    }),
  namespace: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9._-]+$/, 'expected letters, digits, dots, underscores and hyphens')
    .default('steerflow')
    .describe('prefix of all topics, groups and transactional ids, before a dot'),
  clientId: z
    .string()
    .default('')
    .describe(
      "name of this process in the brokers' logs and quotas and in `status --lag`; empty: steerflow-<host>-<pid>",
    ),
  tls: z
    .union([z.boolean(), Tls], { error: 'expected true, false, or the keys of tls' })
    .default(false)
    .describe('encryption: false, true, or its files'),
  sasl: Sasl.default('none').describe('authentication: none, or a mechanism and its settings'),
  compression: z
    .enum(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    .default('none')
    .describe(
      'compression of written batches; all kinds can be read. lz4 shrinks text to a third of its size for little CPU, zstd to a fifth',
    ),
  replicationFactor: z
    .int()
    .min(-1)
    .max(32_767)
    .refine(copies => copies !== 0, 'expected -1, or 1 and more')
    .default(-1)
    .describe("replicas of each partition of a new topic; -1: the brokers' default"),
  maxMessageBytes: z
    .int()
    .min(1024)
    .max(2 ** 30)
    .default(8 * 2 ** 20)
    .describe('maximum size of a batch in bytes; becomes max.message.bytes of new topics'),
  delivery: z
    .enum(['exactly-once', 'at-least-once'])
    .default('exactly-once')
    .describe(
      'exactly-once: records and offset in one transaction; at-least-once: faster, with duplicates after a crash',
    ),
  sessionTimeoutMs: milliseconds(1000, 7000, 'silence of a member after which its partitions go to others'),
  requestTimeoutMs: milliseconds(100, 30_000, "time-out of a broker's response"),
  transactionTimeoutMs: milliseconds(1000, 30_000, 'time after which the broker aborts an open transaction'),
})
export type KafkaSettings = z.output<typeof KafkaSettings>

export type SaslSettings = Exclude<KafkaSettings['sasl'], 'none'>

export type TokenSettings = Extract<SaslSettings, { mechanism: 'oauthbearer' }>
