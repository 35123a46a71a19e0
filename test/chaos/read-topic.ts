import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type KafkaMessage } from 'kafkajs'
import '../../examples/04-downstream/sorted-aborts.js'

/** Every record of a topic in order of each partition, read once with a bare kafkajs client. */
export async function readTopic(
  brokers: readonly string[],
  topic: string,
  isolation: 'committed' | 'uncommitted',
): Promise<ReadonlyMap<number, readonly KafkaMessage[]>> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]))
  await admin.disconnect()
  const consumer = kafka.consumer({
    groupId: `reader-${randomUUID()}`,
    readUncommitted: isolation === 'uncommitted',
    maxWaitTimeInMs: 100,
  })
  const found = new Map<number, KafkaMessage[]>([...ends.keys()].map(partition => [partition, []]))
  const reached = new Map<number, bigint>()
  const left = (): number[] => [...ends].filter(([at, end]) => (reached.get(at) ?? 0n) < end).map(([at]) => at)
  // Batches in which nothing is to be seen are told of by this event only.
  consumer.on('consumer.start_batch_process', ({ payload: { partition, lastOffset } }) => {
    const next = BigInt(lastOffset) + 1n
    if (next > (reached.get(partition) ?? 0n)) reached.set(partition, next)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      found.get(batch.partition)!.push(...batch.messages)
    },
  })
  for (const deadline = Date.now() + 60_000; left().length > 0; await sleep(20))
    if (Date.now() > deadline) throw new Error(`${topic} could not be read to its end: ${left().join(' ')}`)
  // The last batch's event comes before its records.
  await consumer.disconnect()
  return new Map([...found].sort(([a], [b]) => a - b))
}
