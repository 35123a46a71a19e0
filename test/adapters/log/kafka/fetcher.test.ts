import { expect, it, onTestFinished } from 'vitest'
import type { Broker, Cluster, RawPartition } from '../../../../src/adapters/log/kafka/cluster.js'
import { Fetcher } from '../../../../src/adapters/log/kafka/fetcher.js'
import { SteerflowError } from '../../../../src/domain/errors.js'
import { offset } from '../../../../src/runtime/log.js'

/** A record at offset 0 of a partition. */
const filled = (partition: number, at = '0'): RawPartition => ({
  partition,
  highWatermark: '1',
  abortedTransactions: null,
  messages: [
    {
      offset: at,
      timestamp: '0',
      key: null,
      value: Buffer.from(`of ${partition}`),
      headers: {},
      isControlRecord: false,
      batchContext: { producerId: '-1', inTransaction: false, firstOffset: at, lastOffsetDelta: 0 },
    },
  ],
})

/** One broker that leads 8 partitions; an answer with a damaged one among them fails as a whole. */
function fetcher(damaged: readonly number[], garbled: readonly number[] = []) {
  const fetch: Broker['fetch'] = async ({ topics }) => {
    const asked = topics.flatMap(({ topic, partitions }) => partitions.map(({ partition }) => ({ topic, partition })))
    if (asked.some(({ partition }) => damaged.includes(partition)))
      throw new SteerflowError('STEERFLOW_LOG_CORRUPT', 'a batch cannot be read')
    const responses = asked.map(({ topic, partition }) => ({
      topicName: topic,
      partitions: [filled(partition, garbled.includes(partition) ? 'no offset' : '0')],
    }))
    return { responses }
  }
  const cluster: Partial<Cluster> = {
    findTopicPartitionMetadata: () =>
      Array.from({ length: 8 }, (_, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: 1,
        replicas: [1],
        isr: [1],
      })),
    refreshMetadataIfNecessary: async () => undefined,
    refreshMetadata: async () => undefined,
    findBroker: async () => ({ fetch }) as Broker,
  }
  const made = new Fetcher(cluster as Cluster, topic => `ns.${topic}`)
  onTestFinished(() => made.close())
  return made
}

const readAll = (from: Fetcher) =>
  Promise.all(
    Array.from({ length: 8 }, (_, partition) =>
      from.next(`r${partition}`, 'in', partition, offset(0), 1000).then(
        ({ records }) => records.map(({ value }) => value.toString()).join(),
        (error: unknown) => (error instanceof SteerflowError ? error.code : 'refused'),
      ),
    ),
  )
const all = Array.from({ length: 8 }, (_, partition) => `of ${partition}`)

it.each([[[]], [[0]], [[5]], [[2, 3]], [[0, 7]], [[0, 1, 2, 3, 4, 5, 6, 7]]])(
  'a batch that nobody can read is told to the readers of its partition only: %j',
  async damaged => {
    const expected = all.map((text, partition) => (damaged.includes(partition) ? 'STEERFLOW_LOG_CORRUPT' : text))
    expect(await readAll(fetcher(damaged))).toEqual(expected)
  },
)

it('an answer that makes no sense is told to its reader only', async () => {
  expect(await readAll(fetcher([], [4]))).toEqual(all.map((text, at) => (at === 4 ? 'refused' : text)))
})
