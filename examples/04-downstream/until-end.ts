import type { Consumer, Kafka } from 'kafkajs'

/** Where in a topic somebody reads, by partition. */
type Positions = Map<number, bigint>

/**
 * Resolves when a consumer, the only one of its group, has gone past everything that is in the topic at the moment of the
 * call. To be called before `consumer.run`, which it waits for.
 */
export async function untilEnd(kafka: Kafka, consumer: Consumer, groupId: string, topic: string): Promise<void> {
  const positions: Positions = new Map()
  let look = (): void => undefined
  // Also emitted where a batch holds nothing that is to be seen, as at the end of an aborted transaction.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    positions.set(partition, BigInt(lastOffset) + 1n)
    look()
  })
  // A new group's offsets can be asked for once it has members.
  const joined = new Promise(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))

  const admin = kafka.admin()
  await admin.connect()
  try {
    const ends = await admin.fetchTopicOffsets(topic)
    await joined
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
    const begins: Positions = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
    await new Promise<void>(resolve => {
      look = () => {
        const behind = ends.filter(({ partition, low, high }) => {
          const begin = max(begins.get(partition) ?? 0n, BigInt(low))
          return (positions.get(partition) ?? begin) < BigInt(high)
        })
        if (behind.length === 0) resolve()
      }
      look()
    })
  } finally {
    await admin.disconnect()
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
