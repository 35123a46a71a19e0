import { z } from 'zod'

export const KafkaSettings = z.strictObject({
  brokers: z.array(z.string()).min(1),
  namespace: z.string().default('steerflow'),
  clientId: z.string().default('steerflow'),
  compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('none'),
  replicationFactor: z.int().default(-1),
  maxMessageBytes: z.int().default(8 * 2 ** 20),
  delivery: z.enum(['exactly-once', 'at-least-once']).default('exactly-once'),
  sessionTimeoutMs: z.int().default(8000),
  requestTimeoutMs: z.int().default(30_000),
  transactionTimeoutMs: z.int().default(30_000),
})
export type KafkaSettings = z.output<typeof KafkaSettings>
