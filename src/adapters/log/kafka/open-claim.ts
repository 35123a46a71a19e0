import { SteerflowError } from '../../../domain/errors.js'
import { type Offset, offset } from '../../../runtime/log.js'
import { AtLeastOnceWriter, type Committing } from './at-least-once.js'
import { KafkaClaim } from './claim.js'
import { begunMark, GroupLedger, type Ledger } from './ledger.js'
import { begunKey } from './names.js'
import { type KafkaParts } from './parts.js'
import { ProgressLedger } from './progress.js'
import { Committer, type FirstEntry } from './settle.js'
import { TransactionWriter } from './transaction.js'
import { unframed } from './unframe.js'
import { type ClaimWriter } from './writer.js'

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
  const ledger: Ledger = holdsRecords
    ? new GroupLedger(parts.admin, parts.names.group(group), brokerTopic, partition)
    : new ProgressLedger(parts.progress, `read/${place}`)
  const committer = await Committer.open(
    {
      ledger,
      what: `${topic}/${partition} of ${group}`,
      entitled: request.entitled,
      open: () => openWriter(parts, request),
    },
    () => (holdsRecords ? firstOfGroup(parts, request) : firstOfSource()),
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
): Promise<FirstEntry> {
  const key = begunKey(group, topic, partition)
  const begun = await parts.progress.last(key)
  const { start } = await parts.extent(topic, partition)
  if (!begun) {
    const entry = { offset: start, mark: begunMark }
    return { entry, records: [parts.progress.record(key, entry)] }
  }
  // Not marked as a beginning: whoever looks is to see that something was committed.
  if (ifForgotten !== null) return { entry: { offset: ifForgotten, mark: 'set' }, records: [] }
  const what = `the brokers have forgotten how far ${group}/${topic}/${partition} was read (offsets.retention.minutes)`
  throw new SteerflowError('STEERFLOW_OFFSET_LOST', what)
}

async function firstOfSource(): Promise<FirstEntry> {
  return { entry: { offset: offset(0), mark: begunMark }, records: [] }
}
