import type { SteerflowError } from '../domain/errors.js'

/**
 * The log as the runtime needs it. The runtime owns this interface, adapters implement it, and the conformance suite in
 * `test/conformance` defines its guarantees. Everything rests on one atomic operation: *publish these records and move this
 * offset from → to* (`Claim.commit`).
 */
import type { LogAdmin } from './log-admin.js'
import type { TopicSpec } from './topic-spec.js'

export type { TopicSpec } from './topic-spec.js'

/** Position in a partition; branded, so that it is not confused with a count. */
export type Offset = bigint & { readonly __offset: unique symbol }
export const offset = (value: bigint | number | string): Offset => BigInt(value) as Offset

export type RecordHeaders = Readonly<Record<string, string>>

/** A record to publish. Its key determines the partition unless one is given. */
export interface Output {
  readonly topic: string
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers?: RecordHeaders
  readonly partition?: number
  /** Whether the value already has its frame: that of a dead letter that is published again. */
  readonly framed?: boolean
}

/** The size that the log limits: bytes of key and value. */
export const sizeOf = ({ key, value }: Pick<Output, 'key' | 'value'>): number =>
  value.byteLength + (key?.byteLength ?? 0)

/** A record stored in the log. */
export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: RecordHeaders
  /** Milliseconds since 1970, when it was published. */
  readonly timestamp: number
  /** The bytes before the value that identify its schema, if the log frames its values. */
  readonly frame?: Buffer
  /** Why the value cannot be taken out of its frame; the value then still has the frame. */
  readonly fault?: SteerflowError
}

export interface Batch {
  readonly records: readonly LogRecord[]
  /** Where the next read continues: after the last record, and after control and aborted records that follow it. */
  readonly next: Offset
}

export interface ReadLimits {
  readonly records: number
  readonly bytes: number
}

/**
 * Limits for a reader that reads to the end. Its limit is in bytes, like the answers of a broker: records of an answer
 * beyond `records` are decoded again at the next read.
 */
export const readingOn: ReadLimits = { records: 20_000, bytes: 2 << 20 }

/**
 * The ownership of one partition by one group. A newer claim of the same partition fences this one: from then on its
 * commits fail with STEERFLOW_FENCED and change nothing.
 */
export interface Claim {
  readonly group: string
  readonly topic: string
  readonly partition: number
  /** The committed offset, read after older owners were fenced; after a `rewind`, the offset that it found. */
  readonly committed: Offset
  /**
   * The next records from the claim's own position, which begins at `committed`; waits at most `waitMs` for the first.
   * May be empty; returns early and empty when the claim is released. Only one call at a time.
   * @throws STEERFLOW_OFFSET_LOST when the position is before the start of the log, STEERFLOW_FENCED when the claim is
   * known to be fenced or was released.
   */
  read(limits: ReadLimits, waitMs: number): Promise<Batch>
  /**
   * Publishes `outputs` and moves the committed offset from → to, atomically and durably.
   * `from` must be the committed offset, otherwise it is STEERFLOW_BUG; a `to` below it moves the group back. Only one
   * call at a time. After an error other than STEERFLOW_FENCED the same commit may be retried.
   * @throws STEERFLOW_FENCED, STEERFLOW_LOG_FULL, STEERFLOW_RECORD_TOO_LARGE, STEERFLOW_TOPIC_UNKNOWN
   */
  commit(from: Offset, to: Offset, outputs: readonly Output[]): Promise<void>
  /**
   * Restarts reading at the committed offset, which it returns: later records are read again. For callers that have
   * dropped all uncommitted work, even after a commit whose outcome is unknown. Never concurrent with another call.
   * @throws STEERFLOW_FENCED, and errors that are worth a retry
   */
  rewind(): Promise<Offset>
  /** Gives the partition back; the next owner reads uncommitted records again. */
  release(): Promise<void>
}

/** Notified of partitions that come and go. Calls of one membership never overlap. */
export interface Assignee {
  assigned(claim: Claim): void
  /** The claim is lost or was fenced: its window must be dropped, since nothing of it can be committed any more. */
  lost(claim: Claim): void
  /**
   * The partition is to move to another member, which does not get it before this resolves: work under way may be finished
   * and committed, within a few seconds. Then the claim is released. Must not reject.
   */
  revoked(claim: Claim): Promise<void>
  /** The membership itself cannot continue; if partitions are not shared, one reason is a newer member. */
  failed(error: Error): void
}

/** A member of a consumer group; `leave` gives all its partitions back. */
export interface Membership {
  leave(): Promise<void>
}

export interface PartitionState {
  readonly topic: string
  readonly partition: number
  /** First offset still stored. */
  readonly start: Offset
  /** Offset of the next record to be published. */
  readonly end: Offset
}

export interface ClaimOptions {
  /**
   * Where to continue a group that had begun and whose offset is lost. Without it such a claim fails with
   * STEERFLOW_OFFSET_LOST, since everything that the group made would be made again.
   */
  readonly ifForgotten?: Offset
}

/** Properties of an adapter beyond the common part of the conformance suite. */
export interface LogFeatures {
  readonly name: string
  /** Whether the partitions of one group are shared between processes. */
  readonly sharesPartitions: boolean
  /** Whether retention by key keeps all records above the slowest group's offset. */
  readonly compactsBehindGroups: boolean
  /** Pause between two queries of the log's state, in milliseconds; depends on their cost. */
  readonly pollMs: number
}

/** The result of checking everything that is stored. */
export interface Verification {
  readonly records: number
  /** Records without a checksum, from an earlier version. */
  readonly unchecked: number
  /** Records and rows of state that differ from what was written. */
  readonly damaged: number
  /** Missing records, in topics from which nothing is ever deleted. */
  readonly missing: number
  /** The places of the first of them. */
  readonly told: readonly string[]
}

/** A group and a topic that it reads, or has read. */
export interface GroupOnTopic {
  readonly group: string
  readonly topic: string
}

export interface Log {
  readonly features: LogFeatures
  /** The largest value that can be published, in bytes, including its key; there is extra room for our headers. */
  readonly maxValueBytes: number
  /** How long finished work may wait for more before it is committed, in milliseconds; depends on the cost of a commit. */
  readonly lingerMs: number
  /** Creates the missing topics. An existing topic may gain partitions, but never loses any. */
  ensure(topics: readonly TopicSpec[]): Promise<void>
  topics(): Promise<readonly TopicSpec[]>
  /**
   * Joins a consumer group. Partitions are assigned asynchronously, never before this resolves; partitions added to the
   * topic later are assigned too. If partitions are not shared, the newest member gets all of them.
   */
  join(group: string, topic: string, assignee: Assignee): Promise<Membership>
  /**
   * Claims one partition directly, outside any membership. The topic may be a private name without records: then only its
   * offset is used, as ingest does to remember how far it has read a file.
   */
  claim(group: string, topic: string, partition: number, options?: ClaimOptions): Promise<Claim>
  /**
   * Publishes records, all or none, durably; waits for room for a while if there is a budget.
   * @throws STEERFLOW_LOG_FULL, STEERFLOW_RECORD_TOO_LARGE, STEERFLOW_TOPIC_UNKNOWN
   */
  publish(outputs: readonly Output[]): Promise<void>
  /** Reads records from an offset without a group; a `from` before the start reads from the start. */
  read(topic: string, partition: number, from: Offset, limits: ReadLimits): Promise<Batch>
  state(topic: string): Promise<readonly PartitionState[]>
  /** Committed offsets of a group on a topic, by partition; absent if it never committed. */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, Offset>>
  /** Every group that ever committed on a topic, with the topic; in no particular order. */
  groups(): Promise<readonly GroupOnTopic[]>
  /**
   * Deletes records as retention allows, never beyond the slowest group that ever claimed a partition; `now` in
   * milliseconds. To be called from time to time; absent if a broker does it.
   */
  retain?(now: number): Promise<void>
  /** Bytes of disk used by records, and the budget for them; absent if brokers keep them. */
  usage?(): { readonly usedBytes: number; readonly maxBytes: number | null }
  /**
   * Reads everything that is stored and compares it with its checksums; absent if brokers do it.
   * @param seen called from time to time with the number of records read
   */
  verify?(seen: (records: number) => void): Promise<Verification>
  /** Present if brokers keep the log. */
  readonly admin?: LogAdmin
  close(): Promise<void>
}
