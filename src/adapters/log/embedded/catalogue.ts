import { SteerflowError } from '../../../domain/errors.js'
import {
  offset,
  type Output,
  type TopicSpec,
  type Batch,
  type LogRecord,
  type Offset,
  type ReadLimits,
} from '../../../runtime/log.js'
import { partitionOf } from '../partitioner.js'
import { encodeRecord, footprint, type Place, placeOf, seal, unplacedSum, readRecord } from './record.js'
import { checkName, type State } from './state.js'
import { maxTables, type Store, type Table } from './store.js'
import type { DiskBudget, Changes, Writer } from './writer.js'

/** An output with its partition, encoded for storage. */
export interface PlacedRow {
  readonly topic: string
  readonly partition: number
  readonly table: Table
  readonly stored: Buffer
  /** Its checksum without its offset. */
  readonly sum: number
  /** Bytes it will occupy on disk. */
  readonly bytes: number
}

interface Topic {
  readonly spec: TopicSpec
  readonly tables: readonly Table[]
  /** One per partition. */
  readonly places: readonly Place[]
}

/** Maximum size of a value. LMDB accepts more; the limit keeps a transaction in memory. */
export const maxValueBytes = 64 << 20

/** The topics of the log and their tables of records, as of the last refresh. */
export class Catalogue {
  readonly #topics = new Map<string, Topic>()
  #version = -1n
  /** Called after topics were added or have grown. */
  readonly listeners = new Set<() => void>()
  /** Counter that distributes records without a key. */
  #spread = 0

  constructor(
    private readonly store: Store,
    private readonly state: State,
    private readonly now: () => number,
  ) {}

  /** Loads topics that this or another process created; cheap without changes. Do not call it inside a transaction. */
  refresh(): void {
    const version = this.state.topicsVersion
    if (version === this.#version) return
    for (const spec of this.state.topics()) {
      const opened = this.#topics.get(spec.name)?.tables ?? []
      const missing = Array.from({ length: spec.partitions - opened.length }, (_, i) => opened.length + i)
      const tables = [...opened, ...missing.map(partition => this.store.table(`${spec.name}/${partition}`))]
      const places = tables.map((_, partition) => placeOf(spec.name, partition))
      this.#topics.set(spec.name, { spec, tables, places })
    }
    this.#version = version
    for (const changed of this.listeners) changed()
  }

  specs(): readonly TopicSpec[] {
    return [...this.#topics.values()].map(topic => topic.spec)
  }

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  /** @throws STEERFLOW_TOPIC_UNKNOWN */
  topic(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic) return topic
    throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', `there is no topic ${name}`)
  }

  /** The records of a partition. @throws STEERFLOW_TOPIC_UNKNOWN */
  table(name: string, partition: number): Table {
    const table = this.topic(name).tables[partition]
    if (table) return table
    throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', `topic ${name} has no partition ${partition}`)
  }

  /** The place of a partition, for the checksums of its records. @throws STEERFLOW_TOPIC_UNKNOWN */
  placeOf(name: string, partition: number): Place {
    return this.topic(name).places[partition] ?? placeOf(name, partition)
  }

  /** Writes new topics and changes of known ones; call it inside a transaction. */
  ensure(wanted: readonly TopicSpec[]): void {
    const known = new Map(this.state.topics().map(spec => [spec.name, spec]))
    for (const spec of wanted) {
      checkName(spec.name)
      const partitions = Math.max(spec.partitions, known.get(spec.name)?.partitions ?? 0)
      known.set(spec.name, { name: spec.name, partitions, retention: spec.retention })
    }
    const tables = [...known.values()].reduce((sum, spec) => sum + spec.partitions, 1)
    if (tables > maxTables) {
      throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `the log has room for ${maxTables - 1} partitions in all`)
    }
    const before = new Map(this.state.topics().map(spec => [spec.name, JSON.stringify(spec)]))
    for (const { name } of wanted) {
      const spec = known.get(name)
      if (spec && before.get(name) !== JSON.stringify(spec)) this.state.putTopic(spec)
    }
  }

  /** @throws STEERFLOW_TOPIC_UNKNOWN, STEERFLOW_RECORD_TOO_LARGE */
  place(output: Output): PlacedRow {
    const { topic, key, value, headers = {} } = output
    const { spec } = this.topic(topic)
    if (value.byteLength > maxValueBytes) {
      const message = `a record of ${value.byteLength} bytes for ${topic}; the log accepts at most ${maxValueBytes}`
      throw new SteerflowError('STEERFLOW_RECORD_TOO_LARGE', message)
    }
    const partition = output.partition ?? (key ? partitionOf(key, spec.partitions) : this.#spread++ % spec.partitions)
    const stored = encodeRecord({ key, value, headers, timestamp: this.now() })
    const table = this.table(topic, partition)
    const sum = unplacedSum(stored, this.placeOf(topic, partition))
    return { topic, partition, table, stored, sum, bytes: footprint(stored.byteLength) }
  }

  /** Stores records at the ends of their partitions; call it inside a transaction. */
  append(placed: readonly PlacedRow[]): void {
    const ends = new Map<Table, { topic: string; partition: number; end: bigint }>()
    let bytes = 0
    for (const record of placed) {
      const { topic, partition, table } = record
      const at = ends.get(table) ?? { topic, partition, end: this.state.extent(topic, partition).end }
      ends.set(table, at)
      const key = offsetKey(at.end++)
      seal(record.stored, record.sum, key)
      table.append(key, record.stored)
      bytes += record.bytes
    }
    for (const { topic, partition, end } of ends.values()) {
      this.state.putExtent(topic, partition, { ...this.state.extent(topic, partition), end: offset(end) })
    }
    if (bytes > 0) this.state.used += BigInt(bytes)
  }
}

export function offsetKey(at: bigint): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeBigUInt64BE(at)
  return key
}

/**
 * The records of a partition from an offset on, at least one if there is one, all from one snapshot. Compaction leaves
 * gaps; `next` is after them. Each record is compared with its checksum.
 * @throws STEERFLOW_LOG_DAMAGED if the first of them is damaged
 */
export function readBatch(
  { catalogue, state }: { readonly catalogue: Catalogue; readonly state: State },
  topic: string,
  partition: number,
  from: Offset,
  limits: ReadLimits,
): Batch {
  const table = catalogue.table(topic, partition)
  const place = catalogue.placeOf(topic, partition)
  const { end } = state.extent(topic, partition)
  const records: LogRecord[] = []
  let bytes = 0
  if (from < end) {
    for (const { key, value } of table.range(offsetKey(from), offsetKey(end))) {
      bytes += value.byteLength
      if (records.length > 0 && (records.length >= limits.records || bytes > limits.bytes)) {
        return { records, next: offset(records.at(-1)!.offset + 1n) }
      }
      try {
        records.push({ topic, partition, offset: offset(key.readBigUInt64BE(0)), ...readRecord(value, key, place) })
      } catch (error) {
        // The records before the damaged one are intact and are returned first.
        const last = records.at(-1)
        if (!last) throw error
        return { records, next: offset(last.offset + 1n) }
      }
    }
  }
  return { records, next: from < end ? end : from }
}

/** The parts of the log that its claims and memberships share. */
export class LogInternals {
  constructor(
    readonly store: Store,
    readonly state: State,
    readonly catalogue: Catalogue,
    readonly changes: Changes,
    readonly writer: Writer,
    readonly room: DiskBudget,
    /** Reads after this, up to the next await, see one snapshot: the newest of any process. */
    readonly refresh: () => void,
  ) {}

  /** @throws STEERFLOW_TOPIC_UNKNOWN, STEERFLOW_RECORD_TOO_LARGE */
  place(outputs: readonly Output[]): readonly PlacedRow[] {
    if (outputs.some(({ topic }) => !this.catalogue.has(topic))) this.refresh()
    return outputs.map(output => this.catalogue.place(output))
  }
}
