import type { Kafka, Producer, Transaction } from 'kafkajs'
import { producerDefaults } from './connection.js'
import type { Endings } from './endings/finish.js'
import { type PlacedRecord, rounds } from './placement.js'
import { type Sending, sendRound } from './send.js'

export interface OffsetEntry {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly metadata: string
}

export interface TransactionSettings extends Sending {
  readonly kafka: Kafka
  readonly transactionTimeoutMs: number
  readonly endings: Pick<Endings, 'finish' | 'producer'>
}

/**
 * The writer of a transactional id. Opening it fences: it ends the open transaction of an older writer, also if a
 * broker forgot to, and shuts that writer out for good. After any error this writer is unusable; open another to learn
 * the outcome of the transaction.
 */
export class TransactionWriter {
  private constructor(
    private readonly producer: Producer,
    private readonly sending: TransactionSettings,
    private readonly transactionalId: string,
    /** The producer id and epoch; null if brokers do not report them. */
    private readonly identity: string | null,
  ) {}

  /** @param groupId the group whose offsets are to be set, if any */
  static async open(
    transactionalId: string,
    groupId: string | null,
    settings: TransactionSettings,
  ): Promise<TransactionWriter> {
    await settings.endings.finish({ transactionalId, groupId, transactionTimeoutMs: settings.transactionTimeoutMs })
    const producer = settings.kafka.producer({
      ...producerDefaults,
      transactionalId,
      transactionTimeout: settings.transactionTimeoutMs,
      metadataMaxAge: 30_000,
    })
    try {
      await producer.connect()
      // kafkajs initialises the producer id, which is the fence, with the first transaction.
      const fence = await producer.transaction()
      await fence.abort()
      const identity = await settings.endings.producer(transactionalId)
      return new TransactionWriter(producer, settings, transactionalId, identity)
    } catch (error) {
      await disconnect(producer)
      throw error
    }
  }

  /** Publishes records and sets an offset, both or neither. After an error it may still have happened. */
  async commit(records: readonly PlacedRecord[], entry: OffsetEntry | null): Promise<void> {
    const transaction = await this.producer.transaction()
    try {
      for (const round of rounds(records)) await sendRound(transaction, round, this.sending)
      if (entry) await transaction.sendOffsets(offsetsOf(entry))
      await transaction.commit()
    } catch (error) {
      await abort(transaction)
      throw error
    }
  }

  /**
   * True if another writer has been opened since; brokers do not always report that when they reject a request for it.
   */
  async isShutOut(): Promise<boolean> {
    return this.identity !== null && (await this.sending.endings.producer(this.transactionalId)) !== this.identity
  }

  async close(): Promise<void> {
    await disconnect(this.producer)
  }
}

function offsetsOf({ groupId, topic, partition, offset, metadata }: OffsetEntry) {
  const partitions = [{ partition, offset: String(offset), metadata }]
  return { consumerGroupId: groupId, topics: [{ topic, partitions }] }
}

/** Only to unblock readers at once: the next owner's fence ends the transaction anyway. */
async function abort(transaction: Transaction): Promise<void> {
  if (transaction.isActive()) await transaction.abort().catch(() => undefined)
}

async function disconnect(producer: Producer): Promise<void> {
  await producer.disconnect().catch(() => undefined)
}
