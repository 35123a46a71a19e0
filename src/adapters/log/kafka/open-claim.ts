import type { Producer } from 'kafkajs'
import type { Cluster } from './cluster.js'
import { producerDefaults } from './connection.js'
import { type LedgerEntry, begunMark, GroupLedger, type Ledger, type Stored } from './ledger.js'
import { type PlacedRecord, rounds } from './placement.js'
import { type Sending, sendRound } from './send.js'
import { type TransactionSettings, TransactionWriter } from './transaction.js'
import type { ClaimWriter } from './writer.js'
import { SteerflowError } from '../../../domain/errors.js'
import { type Offset, offset } from '../../../runtime/log.js'
import { KafkaClaim } from './claim.js'
import { begunKey } from './names.js'
import type { KafkaParts } from './parts.js'
import { ProgressLedger } from './progress.js'
import { replaced } from './replaced.js'
import { Committer, type FirstEntry } from './settle.js'
import { unframed } from './unframe.js'

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

  async commit(records: readonly PlacedRecord[], entry: LedgerEntry): Promise<void> {
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

export interface ClaimRequest {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly entitled: () => Promise<void>
  readonly onFenced: (claim: KafkaClaim) => void
  /** The member in whose name offsets are committed where there are no transactions; null outside of any membership. */
  readonly member: (() => Committing) | null
  /** Where a group goes on that had begun and whose offset is gone; null: that is an error. */
  readonly ifForgotten: Offset | null
}

/** Most that is fetched of a partition at once, in bytes; a batch that is larger comes whole. */
const fetchBytes = 1 << 20
let claims = 0

/**
 * Fences older owners of a partition, then takes over where they have committed.
 * @param onEnded called when the claim is fenced or given back
 */
export async function openClaim(
  parts: KafkaParts,
  request: ClaimRequest,
  onEnded: (claim: KafkaClaim) => void,
): Promise<KafkaClaim> {
  const { group, topic, partition } = request
  const holdsRecords = await parts.topics.has(topic)
  const brokerTopic = parts.names.topic(topic)
  const place = `${group}/${topic}/${partition}`
  const topicId = holdsRecords ? await parts.topicIds.of(brokerTopic) : null
  const ledger: Ledger = holdsRecords
    ? new GroupLedger(
        parts.admin,
        parts.names.group(group),
        brokerTopic,
        partition,
        await renewal(parts, request, topicId),
      )
    : new ProgressLedger(parts.progress, `read/${place}`)
  const committer = await Committer.open(
    {
      ledger,
      what: `${topic}/${partition} of ${group}`,
      entitled: request.entitled,
      open: () => openWriter(parts, request),
    },
    () => (holdsRecords ? firstOfGroup(parts, request, topicId) : firstOfSource()),
  )
  const key = `${place}#${claims++}`
  const claim: KafkaClaim = new KafkaClaim(group, topic, partition, committer, {
    next: holdsRecords
      ? async (from, signal) =>
          unframed(parts.wire, await parts.fetcher.next(key, topic, partition, from, fetchBytes), signal)
      : null,
    ended: () => {
      parts.fetcher.forget(key)
      onEnded(claim)
    },
    place: output => parts.placement.place(output),
    look: () => parts.topics.look(),
    extent: () => parts.extent(topic, partition),
    topicId,
    topicIdNow: async () => (await parts.topicIds.look([brokerTopic])).get(brokerTopic),
    onFenced: () => request.onFenced(claim),
  })
  return claim
}

async function openWriter(parts: KafkaParts, { group, topic, partition, member }: ClaimRequest): Promise<ClaimWriter> {
  if (parts.settings.delivery === 'at-least-once' && member)
    return AtLeastOnceWriter.open(parts.writing, parts.direct, member)
  const { names, writing } = parts
  const writer = await TransactionWriter.open(names.transaction(group, topic, partition), names.group(group), writing)
  return {
    commit: (records, entry) => writer.commit([...records, ...entry.records], entry.offset),
    isShutOut: () => writer.isShutOut(),
    close: () => writer.close(),
  }
}

/**
 * A group begins at the start of the topic and says so: from then on retention and lag monitors count it. One that had
 * begun and whose offset is gone must not begin again, as all that it made would be made twice.
 */
async function firstOfGroup(
  parts: KafkaParts,
  { group, topic, partition, ifForgotten }: ClaimRequest,
  topicId: string | null,
): Promise<FirstEntry> {
  const key = begunKey(group, topic, partition)
  const begun = await parts.progress.last(key)
  const { start } = await parts.extent(topic, partition)
  if (!begun) {
    const entry = { offset: start, mark: begunMark }
    return { entry, records: [parts.progress.record(key, withId(entry, topicId))] }
  }
  // Not marked as a beginning: whoever looks is to see that something was committed.
  if (ifForgotten !== null) return { entry: { offset: ifForgotten, mark: 'set' }, records: [] }
  const what = `the brokers have forgotten how far ${group}/${topic}/${partition} was read (offsets.retention.minutes), or somebody has deleted it`
  throw new SteerflowError('STEERFLOW_OFFSET_LOST', what)
}

/**
 * What commits of a group record besides: the id of its topic, where that is not on record yet, or is to be another from
 * now on.
 * @throws STEERFLOW_TOPIC_REPLACED when the group had begun to read another topic of that name
 */
async function renewal(
  parts: KafkaParts,
  { group, topic, partition, ifForgotten }: ClaimRequest,
  topicId: string | null,
): Promise<readonly PlacedRecord[]> {
  const key = begunKey(group, topic, partition)
  const begun = topicId === null ? null : await parts.progress.last(key)
  if (!begun || begun.topicId === topicId) return []
  if (begun.topicId !== undefined && ifForgotten === null)
    throw replaced(group, topic, partition, begun.topicId, topicId!, await parts.extent(topic, partition))
  return [parts.progress.record(key, withId(begun, topicId))]
}

const withId = (entry: Stored, topicId: string | null): Stored => ({ ...entry, ...(topicId !== null && { topicId }) })

async function firstOfSource(): Promise<FirstEntry> {
  return { entry: { offset: offset(0), mark: begunMark }, records: [] }
}
