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

/** The member that commits offsets, or none. */
export interface Committing {
  readonly memberId: string
  readonly generation: number
}

/**
 * Publishes, then commits the offset: a crash between the two repeats the published records. The coordinator rejects
 * members that have lost their partitions.
 */
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

  /** Without a transactional id there is no fence: the coordinator rejects its offsets instead. */
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
  /** The member that commits offsets if there are no transactions; null outside of a membership. */
  readonly member: (() => Committing) | null
  /** Offset for a group that had begun and has lost its offset; null: that is an error. */
  readonly ifForgotten: Offset | null
}

/** Maximum bytes of one fetch from a partition; a larger batch comes whole. */
const fetchBytes = 1 << 20
let claims = 0

/**
 * Fences older owners of a partition, then continues at their committed offset.
 * @param onEnded called when the claim is fenced or released
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
 * A group begins at the start of the topic and records that: from then on retention and lag monitors count it. A group
 * that had begun and has lost its offset must not begin again, since all its outputs would be duplicated.
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
  // Not the mark of a beginning: readers have to see that an offset was committed.
  if (ifForgotten !== null) return { entry: { offset: ifForgotten, mark: 'set' }, records: [] }
  const what = `the committed offset of ${group}/${topic}/${partition} is gone: it has expired on the brokers (offsets.retention.minutes), or was deleted`
  throw new SteerflowError('STEERFLOW_OFFSET_LOST', what)
}

/**
 * Record to publish with the group's commits: the id of its topic, if it is not on record yet, or changes now.
 * @throws STEERFLOW_TOPIC_REPLACED if the group had begun to read another topic of that name
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
