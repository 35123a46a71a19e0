import { type Producer } from 'kafkajs'
import { type Cluster } from './cluster.js'
import { producerDefaults } from './connection.js'
import { type LedgerEntry } from './ledger.js'
import { type Placed, rounds } from './placement.js'
import { type Sending, sendRound } from './send.js'
import { type TransactionSettings } from './transaction.js'
import { type ClaimWriter } from './writer.js'

/** Whose offsets are committed: a member of a group, or nobody in particular. */
export interface Committing {
  readonly memberId: string
  readonly generation: number
}

/** Publishes, then commits the offset: a crash between the two repeats what was published. The coordinator refuses members that have lost their partitions. */
export class AtLeastOnceWriter implements ClaimWriter {
  private constructor(
    private readonly producer: Producer,
    private readonly cluster: Cluster,
    private readonly sending: Sending,
    private readonly committing: () => Committing,
  ) {}

  static async open(
    settings: TransactionSettings,
    cluster: Cluster,
    committing: () => Committing,
  ): Promise<AtLeastOnceWriter> {
    const producer = settings.kafka.producer({ ...producerDefaults, idempotent: true })
    await producer.connect()
    return new AtLeastOnceWriter(producer, cluster, settings, committing)
  }

  async commit(records: readonly Placed[], entry: LedgerEntry): Promise<void> {
    for (const round of rounds([...records, ...entry.records])) await sendRound(this.producer, round, this.sending)
    if (!entry.offset) return
    const { groupId, topic, partition, offset, metadata } = entry.offset
    const coordinator = await this.cluster.findGroupCoordinator({ groupId })
    const { memberId, generation } = this.committing()
    const committed = { partition, offset: String(offset), metadata }
    await coordinator.offsetCommit({
      groupId,
      memberId,
      groupGenerationId: generation,
      topics: [{ topic, partitions: [committed] }],
    })
  }

  /** It has no name: the coordinator refuses its offsets instead. */
  async isShutOut(): Promise<boolean> {
    return false
  }

  async close(): Promise<void> {
    await this.producer.disconnect().catch(() => undefined)
  }
}
