import { type Offset, offset } from '../../../runtime/log.js'
import type { PlacedRecord } from './placement.js'
import type { OffsetEntry } from './transaction.js'

/** The stored progress of a group in a partition. */
export interface Stored {
  readonly offset: Offset
  /** Identifies the commit that stored it, so that a commit with a lost response can be recognized. */
  readonly mark: string
  /** At the beginning of a group: the id of the topic that it began to read. */
  readonly topicId?: string
}

/** Storage of a claim's progress: its consumer group, or for a source that is no topic, a progress topic. */
export interface Ledger {
  /** The stored progress; null if nothing was ever stored. Reliable only after fencing. */
  stored(): Promise<Stored | null>
  /** The part of a transaction that stores this progress. */
  entry(to: Stored): LedgerEntry
}

export interface LedgerEntry {
  readonly records: readonly PlacedRecord[]
  readonly offset: OffsetEntry | null
}

/** The mark of a group that has begun without a commit: visible to retention and lag monitors, not to our readers. */
export const begunMark = 'begun'

export interface OffsetReader {
  fetchOffsets(request: {
    groupId: string
    topics: string[]
  }): Promise<{ topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[]>
}

/** The committed offsets of a group on a topic, by partition; partitions without a commit are absent. */
export async function storedOffsets(
  reader: OffsetReader,
  groupId: string,
  brokerTopic: string,
): Promise<ReadonlyMap<number, Stored>> {
  const [found] = await reader.fetchOffsets({ groupId, topics: [brokerTopic] })
  const stored = (found?.partitions ?? []).flatMap(({ partition, offset: at, metadata }) =>
    BigInt(at) < 0n ? [] : [[partition, { offset: offset(at), mark: metadata ?? '' }] as const],
  )
  return new Map(stored)
}

/** The offset of a consumer group in a partition. */
export class GroupLedger implements Ledger {
  constructor(
    private readonly reader: OffsetReader,
    private readonly groupId: string,
    private readonly brokerTopic: string,
    private readonly partition: number,
    /** Records to publish with every commit. */
    private readonly beside: readonly PlacedRecord[] = [],
  ) {}

  async stored(): Promise<Stored | null> {
    return (await storedOffsets(this.reader, this.groupId, this.brokerTopic)).get(this.partition) ?? null
  }

  entry({ offset: at, mark }: Stored): LedgerEntry {
    const place = { groupId: this.groupId, topic: this.brokerTopic, partition: this.partition }
    return { records: this.beside, offset: { ...place, offset: at, metadata: mark } }
  }
}
