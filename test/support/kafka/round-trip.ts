import { randomUUID } from 'node:crypto'
import { Kafka, type KafkaConfig } from 'kafkajs'

/** A topic with a name of its own. */
export async function newTopic(config: KafkaConfig, partitions = 1): Promise<string> {
  const admin = new Kafka(config).admin()
  const topic = `t-${randomUUID()}`
  await admin.connect()
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] })
  } finally {
    await admin.disconnect()
  }
  return topic
}

/** Writes values to a topic, each acknowledged by every replica in sync. */
export async function write(config: KafkaConfig, topic: string, values: readonly string[]): Promise<void> {
  const producer = new Kafka(config).producer()
  await producer.connect()
  try {
    await producer.send({ topic, acks: -1, messages: values.map(value => ({ value })) })
  } finally {
    await producer.disconnect()
  }
}

/** Reads so many values from the beginning of a topic of one partition, in a group of its own. */
export async function readAll(config: KafkaConfig, topic: string, count: number): Promise<string[]> {
  const consumer = new Kafka(config).consumer({ groupId: `g-${randomUUID()}`, maxWaitTimeInMs: 100 })
  const values: string[] = []
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      consumer
        .run({
          eachMessage: async ({ message }) => {
            values.push(String(message.value))
            if (values.length === count) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return values
}
