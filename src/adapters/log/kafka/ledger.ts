import { type Offset, offset } from '../../../runtime/log.js'
import type { PlacedRecord } from './placement.js'
import type { OffsetEntry } from './transaction.js'

/** What is stored of a group's progress in a partition. */
export interface Stored {
  readonly offset: Offset
  /** Which commit stored it: by it a commit whose answer was lost is known again. */
  readonly mark: string
  /** Of the beginning of a group: the id of the topic that it began to read. */
  readonly topicId?: string
}

/** Where a claim's progress is kept: in its consumer group, or, for what is no topic, in a topic of progress. */
export interface Ledger {
  /** What is stored now; null when nothing was ever stored. Only to be trusted behind the fence. */
  stored(): Promise<Stored | null>
  /** What a transaction has to hold, to store this. */
  entry(to: Stored): LedgerEntry
}

export interface LedgerEntry {
  readonly records: readonly PlacedRecord[]
  readonly offset: OffsetEntry | null
}

/** The mark of a group that has begun and committed nothing yet: seen by retention and by lag monitors, not by us. */
export const begunMark = 'begun'

/** The parts of kafkajs's admin that are used here. */
export interface OffsetReader {
  fetchOffsets(request: {
    groupId: string
    topics: string[]
  }): Promise<{ topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[]>
}

/** The committed offsets of a group on a topic, by partition; without those that never committed. */
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
    /** What every commit records besides. */
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
