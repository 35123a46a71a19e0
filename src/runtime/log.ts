import type { SteerflowError } from '../domain/errors.js'

/**
 * The log as the runtime needs it; the runtime owns this interface, adapters implement it, and the conformance suite in
 * `test/conformance` says what it promises. One operation is atomic and everything rests on it: *publish these records
 * and move this offset from → to* (`Claim.commit`).
 */
import type { LogAdmin } from './log-admin.js'
import type { TopicSpec } from './topic-spec.js'

export type { TopicSpec } from './topic-spec.js'

/** Position in a partition; branded, so that it is not mixed up with a count. */
export type Offset = bigint & { readonly __offset: unique symbol }
export const offset = (value: bigint | number | string): Offset => BigInt(value) as Offset

export type RecordHeaders = Readonly<Record<string, string>>

/** A record to publish. The partition follows from the key unless it is given. */
export interface Output {
  readonly topic: string
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers?: RecordHeaders
  readonly partition?: number
  /** The value is what stood on the wire before, its frame included: a dead letter that is published again. */
  readonly framed?: boolean
}

/** Bytes by which a record is measured against the largest that a log takes: those of its key and value. */
export const sizeOf = ({ key, value }: Pick<Output, 'key' | 'value'>): number =>
  value.byteLength + (key?.byteLength ?? 0)

/** A record as it stands in the log. */
export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: RecordHeaders
  /** Milliseconds since 1970, when it was published. */
  readonly timestamp: number
  /** The bytes before the value that say which schema it has, where the log frames its values. */
  readonly frame?: Buffer
  /** Why the value cannot be taken out of its frame; then it is what stands on the wire. */
  readonly fault?: SteerflowError
}

export interface Batch {
  readonly records: readonly LogRecord[]
  /** Where the next read goes on: behind the last record, and behind control and aborted records after it. */
  readonly next: Offset
}

export interface ReadLimits {
  readonly records: number
  readonly bytes: number
}

/**
 * Limits for a reader that goes on until the end, whose bytes are what counts: a broker answers in bytes, and records of
 * an answer beyond `records` are decoded again with the next read.
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
  /** The committed offset, read after older owners were fenced; since a `rewind`, what that found. */
  readonly committed: Offset
  /**
   * The next records from the claim's own position, which begins at `committed`; waits at most `waitMs` for the first.
   * May be empty, and ends early, empty, when the claim is given back. Never more than one call at a time.
   * @throws STEERFLOW_OFFSET_LOST when the position lies before the start of the log, STEERFLOW_FENCED when the claim is
   * known to be fenced or was given back.
   */
  read(limits: ReadLimits, waitMs: number): Promise<Batch>
  /**
   * Publishes `outputs` and moves the committed offset from → to, both or neither, durably.
   * `from` must be the committed offset, otherwise it is STEERFLOW_BUG; a `to` below it sets the group back. Never more
   * than one call at a time. After a refusal other than STEERFLOW_FENCED the same commit may be tried again.
   * @throws STEERFLOW_FENCED, STEERFLOW_LOG_FULL, STEERFLOW_RECORD_TOO_LARGE, STEERFLOW_TOPIC_UNKNOWN
   */
  commit(from: Offset, to: Offset, outputs: readonly Output[]): Promise<void>
  /**
   * Begins again at the offset that is committed, which it returns: what was read since is read again. For who has
   * dropped all that was not committed, also behind a commit whose outcome is not known. Never beside another call.
   * @throws STEERFLOW_FENCED, and what is worth trying again
   */
  rewind(): Promise<Offset>
  /** Gives the partition back; what is not committed will be read again by the next owner. */
  release(): Promise<void>
}

/** Told of partitions that come and go. Calls of one membership never overlap. */
export interface Assignee {
  assigned(claim: Claim): void
  /** The claim is lost or was fenced: its window must be dropped; nothing of it can be committed any more. */
  lost(claim: Claim): void
  /**
   * The partition is to go to another member, and is given to nobody before this resolves: what is under way may be
   * finished and committed, within a few seconds. Then the claim is given back. Must not reject.
   */
  revoked(claim: Claim): Promise<void>
  /** The membership itself cannot go on; where partitions are not shared, a newer member is a reason. */
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
   * Where a group goes on that had begun and whose offset is gone. Without it such a claim fails with
   * STEERFLOW_OFFSET_LOST, since all that the group made would be made again.
   */
  readonly ifForgotten?: Offset
}

/** What an adapter promises beyond the conformance suite's common part. */
export interface LogFeatures {
  readonly name: string
  /** Partitions of one group are shared out between processes. */
  readonly sharesPartitions: boolean
  /** Where the last of each key is kept, records above the slowest group's offset are all kept. */
  readonly compactsBehindGroups: boolean
  /** Pause between two looks at the log's states, in milliseconds: what a look costs. */
  readonly pollMs: number
}

/** What a look at everything that is stored has found. */
export interface Verification {
  readonly records: number
  /** Records that an earlier version wrote, without a checksum. */
  readonly unchecked: number
  /** Records and rows of state that are not what was written. */
  readonly damaged: number
  /** Records that are not there, of topics of which nothing is ever deleted. */
  readonly missing: number
  /** Where, of the first of them. */
  readonly told: readonly string[]
}

/** A group and a topic that it reads, or has read. */
export interface GroupOnTopic {
  readonly group: string
  readonly topic: string
}

export interface Log {
  readonly features: LogFeatures
  /** The largest value that can be published, in bytes, its key counted in; room for our headers is beside it. */
  readonly maxValueBytes: number
  /** How long finished work may wait for more before it is committed, in milliseconds: what a commit costs. */
  readonly lingerMs: number
  /** Creates the topics that are missing. Partitions of an existing topic may grow, never shrink. */
  ensure(topics: readonly TopicSpec[]): Promise<void>
  topics(): Promise<readonly TopicSpec[]>
  /**
   * Joins a group that reads a topic: partitions are assigned by and by, never before the membership is returned, those
   * added to the topic later included. Where partitions are not shared out, all go to the newest member.
   */
  join(group: string, topic: string, assignee: Assignee): Promise<Membership>
  /**
   * Claims one partition directly, outside any membership. The topic may be a name of the caller's own that holds no
   * records: then only its offset is used, as ingest does to remember how far it came in a file.
   */
  claim(group: string, topic: string, partition: number, options?: ClaimOptions): Promise<Claim>
  /**
   * Publishes records, all or none, durably; waits a while for room where there is a budget.
   * @throws STEERFLOW_LOG_FULL, STEERFLOW_RECORD_TOO_LARGE, STEERFLOW_TOPIC_UNKNOWN
   */
  publish(outputs: readonly Output[]): Promise<void>
  /** Reads records from an offset with no group; `from` before the start reads from the start. */
  read(topic: string, partition: number, from: Offset, limits: ReadLimits): Promise<Batch>
  state(topic: string): Promise<readonly PartitionState[]>
  /** Committed offsets of a group on a topic, by partition; absent where it never committed. */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, Offset>>
  /** Every group that ever committed on a topic, with the topic; in no order. */
  groups(): Promise<readonly GroupOnTopic[]>
  /**
   * Deletes what retention allows, never beyond the slowest group that ever claimed a partition; `now` in milliseconds.
   * To be called now and then; absent where a broker does it.
   */
  retain?(now: number): Promise<void>
  /** Bytes of disk that records take, and the budget for them; absent where brokers keep them. */
  usage?(): { readonly usedBytes: number; readonly maxBytes: number | null }
  /**
   * Reads everything that is stored and compares it with its checksums; absent where brokers do it.
   * @param seen told now and then how many records were read
   */
  verify?(seen: (records: number) => void): Promise<Verification>
  /** Present where brokers keep the log. */
  readonly admin?: LogAdmin
  close(): Promise<void>
}
