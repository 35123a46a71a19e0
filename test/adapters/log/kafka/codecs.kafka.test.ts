import { randomUUID } from 'node:crypto'
import type { Kafka as Client } from 'kafkajs'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { compressionTypes } from '../../../../src/adapters/log/kafka/codecs.js'
import { connectKafka, producerDefaults } from '../../../../src/adapters/log/kafka/connection.js'
import { KafkaSettings } from '../../../../src/adapters/log/kafka/settings.js'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
type Compression = keyof typeof compressionTypes

let client: Client
beforeAll(async () => {
  client = await connectKafka(KafkaSettings.parse({ brokers: inject('kafka').bootstrap }), () => undefined)
})

/** A topic whose batches the broker keeps as they are (`producer`), or compresses itself. */
async function topicOf(compression: 'producer' | (typeof CODECS)[number]): Promise<string> {
  const topic = `codecs-${randomUUID()}`
  const admin = client.admin()
  await admin.connect()
  const configEntries = [
    { name: 'compression.type', value: compression },
    { name: 'max.message.bytes', value: String(8 * 2 ** 20) },
  ]
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
  await admin.disconnect()
  return topic
}

async function write(topic: string, compression: Compression, values: readonly Buffer[]): Promise<void> {
  const producer = client.producer({ ...producerDefaults, idempotent: true })
  await producer.connect()
  await producer.send({ topic, compression: compressionTypes[compression], messages: values.map(value => ({ value })) })
  await producer.disconnect()
}

/** The values of a topic, from its beginning. */
async function read(topic: string, count: number): Promise<readonly Buffer[]> {
  const consumer = client.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100, maxBytesPerPartition: 8 * 2 ** 20 })
  const values: Buffer[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      void consumer.run({
        eachBatch: async ({ batch }) => {
          values.push(...batch.messages.map(({ value }) => value ?? Buffer.alloc(0)))
          if (values.length >= count) resolve()
        },
      })
    })
  } finally {
    await consumer.disconnect()
  }
  return values
}

const small = [Buffer.from('hello')]
const text = Array.from({ length: 3000 }, (_, i) =>
  Buffer.from(`{"id":${i},"text":"${'some words again '.repeat(60)}"}`),
)
/** Some of several megabytes: Java's frames then have many blocks, and do not say how large they become. */
const records = [small, text.slice(0, 500), text]

describe.each(CODECS)('%s', codec => {
  test('is written by us, checked and kept by the broker, and read by us', async () => {
    for (const values of records) {
      const topic = await topicOf('producer')
      await write(topic, codec, values)
      expect(Buffer.concat(await read(topic, values.length)).equals(Buffer.concat(values))).toBe(true)
    }
  })

  test('is written by Java and read by us', async () => {
    for (const values of records) {
      const topic = await topicOf(codec)
      await write(topic, 'none', values)
      expect(Buffer.concat(await read(topic, values.length)).equals(Buffer.concat(values))).toBe(true)
    }
  })

  test.each(CODECS.filter(other => other !== codec))('is written by us, and by Java again as %s', async other => {
    const topic = await topicOf(other)
    await write(topic, codec, text)
    expect(Buffer.concat(await read(topic, text.length)).equals(Buffer.concat(text))).toBe(true)
  })
})
