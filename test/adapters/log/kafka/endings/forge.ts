import kafkajs from 'kafkajs'
import { onTestFinished } from 'vitest'
import { type Broker, openCluster } from '../../../../../src/adapters/log/kafka/cluster.js'

/** Two partitions of the topic that outputs go to, and the group's offset. */
export type Part = 0 | 1 | 'offset'

/** A transaction of which brokers are to forget some ends. */
export interface Forged {
  readonly transactionalId: string
  readonly groupId: string
  readonly inTopic: string
  readonly outTopic: string
  /** A topic that the transaction is in besides, so that there is always an end to be written. */
  readonly otherTopic: string
  readonly offset: number
  readonly commit: boolean
  /** Where its end is not to be written. */
  readonly forgotten: readonly Part[]
  /** Whether somebody opens a writer afterwards and is gone at once. */
  readonly fencedSince: boolean
}

interface Producing extends Broker {
  produce(request: object): Promise<unknown>
  txnOffsetCommit(request: object): Promise<unknown>
}

/**
 * Leaves a transaction as brokers leave it that do not write all of its ends: records and an offset of a producer whose
 * transaction does not know of the place that they are in. The brokers must not verify that it does
 * (transaction.partition.verification.enable).
 */
export async function forge(brokers: readonly string[], forged: Forged): Promise<void> {
  const cluster = openCluster(new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }))
  await cluster.connect()
  onTestFinished(() => cluster.disconnect())
  await cluster.addMultipleTargetTopics([forged.outTopic])
  const { transactionalId, groupId, forgotten } = forged
  const coordinator = await cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: 1 })
  const open = () => coordinator.initProducerId({ transactionalId, transactionTimeout: 10_000 })
  const transaction = { transactionalId, ...(await opened(open)) }
  const known = ([0, 1] as const).filter(partition => !forgotten.includes(partition))
  await coordinator.addPartitionsToTxn({
    ...transaction,
    topics: [
      { topic: forged.otherTopic, partitions: [0] },
      ...(known.length > 0 ? [{ topic: forged.outTopic, partitions: known }] : []),
    ],
  })
  const [one] = cluster.findTopicPartitionMetadata(forged.outTopic)
  const leader = (await cluster.findBroker({ nodeId: String(one!.leader) })) as Producing
  await leader.produce({
    ...transaction,
    topicData: [
      {
        topic: forged.outTopic,
        partitions: [0, 1].map(partition => ({
          partition,
          firstSequence: 0,
          messages: [
            { key: null, value: Buffer.from(`forged ${partition}`), timestamp: String(Date.now()), headers: {} },
          ],
        })),
      },
    ],
  })
  if (!forgotten.includes('offset')) await coordinator.addOffsetsToTxn({ ...transaction, groupId })
  const group = (await cluster.findGroupCoordinator({ groupId })) as Producing
  await group.txnOffsetCommit({
    ...transaction,
    groupId,
    topics: [
      { topic: forged.inTopic, partitions: [{ partition: 0, offset: String(forged.offset), metadata: 'forged' }] },
    ],
  })
  await coordinator.endTxn({ ...transaction, transactionResult: forged.commit })
  if (forged.fencedSince) await opened(open)
}

/** Until the transaction before it has ended. */
async function opened<T>(open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if ((error as { readonly type?: string }).type !== 'CONCURRENT_TRANSACTIONS') throw error
    }
  }
}
