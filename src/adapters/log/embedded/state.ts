import { z } from 'zod'
import { crc32 } from 'node:zlib'
import type { Retention } from '../../../stages/topic.js'
import { asSteerflowError, SteerflowError } from '../../../domain/errors.js'
import { type GroupOnTopic, type Offset, offset, type TopicSpec } from '../../../runtime/log.js'
import type { Store, Table } from './store.js'

/** First offset and end of a partition; they outlive its records. */
export interface Extent {
  readonly start: Offset
  readonly end: Offset
}

/** A group's ownership of a partition. `offset` is its next offset; `committed` is true if it ever committed. */
export interface Ownership {
  readonly epoch: bigint
  readonly offset: Offset
  readonly committed: boolean
}

const StoredRetention: z.ZodType<Retention> = z.discriminatedUnion('keep', [
  z.strictObject({ keep: z.literal('forever') }),
  z.strictObject({ keep: z.literal('days'), days: z.number().positive() }),
  z.strictObject({ keep: z.literal('latest') }),
])
const Spec = z.strictObject({ name: z.string(), partitions: z.int().positive(), retention: StoredRetention })

const nul = Buffer.alloc(1)
/** Together they must fit into an LMDB key. */
const maxNameBytes = 900

/** @throws STEERFLOW_USAGE for a name of a topic or group that cannot be stored */
export function checkName(name: string): void {
  const bytes = Buffer.byteLength(name)
  if (bytes > 0 && bytes <= maxNameBytes && !name.includes('\0')) return
  throw new SteerflowError('STEERFLOW_USAGE', `not a name for a topic or group: ${JSON.stringify(name.slice(0, 80))}`)
}

/** Version 1 has no checksums; such a log is readable, and new writes to it have them. */
const layoutVersion = 2n

/**
 * The table of everything but records: topics, extents of partitions, ownerships of groups, and counters. A key is a
 * letter, then names that end with NUL, then the partition.
 */
export class State {
  constructor(private readonly table: Table) {}

  /**
   * Marks a new log with its layout. An old log is only read, without the write lock.
   * @throws STEERFLOW_LOG_CORRUPT if a later version of the program wrote the log
   */
  initialise(store: Store): void {
    if (this.#counter('layout') < layoutVersion) store.transaction(() => this.#count('layout', layoutVersion))
    const version = this.#counter('layout')
    if (version === layoutVersion) return
    throw new SteerflowError(
      'STEERFLOW_LOG_CORRUPT',
      `the log has layout ${version}, this program reads ${layoutVersion}`,
    )
  }

  /** Grows whenever topics are created or changed. */
  get topicsVersion(): bigint {
    return this.#counter('topics')
  }

  topics(): TopicSpec[] {
    return [...this.#prefixed(named('t'))].map(([key, value]) => parsed(openedText(key, value)))
  }

  putTopic(spec: TopicSpec): void {
    const key = named('t', spec.name)
    this.table.put(key, sealedText(key, JSON.stringify(spec)))
    this.#count('topics', this.topicsVersion + 1n)
  }

  /** Bytes of disk that records occupy. */
  get used(): bigint {
    return this.#counter('used')
  }

  set used(bytes: bigint) {
    this.#count('used', bytes)
  }

  extent(topic: string, partition: number): Extent {
    const row = this.#get(numbered(partition, 'p', topic), bytesOf.p)
    if (!row) return { start: offset(0), end: offset(0) }
    return { start: offset(row.readBigUInt64BE(0)), end: offset(row.readBigUInt64BE(8)) }
  }

  putExtent(topic: string, partition: number, { start, end }: Extent): void {
    const row = Buffer.allocUnsafe(16)
    row.writeBigUInt64BE(start, 0)
    row.writeBigUInt64BE(end, 8)
    this.#put(numbered(partition, 'p', topic), row)
  }

  ownership(group: string, topic: string, partition: number): Ownership | undefined {
    const row = this.#get(numbered(partition, 'g', topic, group), bytesOf.g)
    return row && ownership(row)
  }

  putOwnership(group: string, topic: string, partition: number, owned: Ownership): void {
    const row = Buffer.allocUnsafe(17)
    row.writeBigUInt64BE(owned.epoch, 0)
    row.writeBigUInt64BE(owned.offset, 8)
    row.writeUInt8(owned.committed ? 1 : 0, 16)
    this.#put(numbered(partition, 'g', topic, group), row)
  }

  /** The ownerships of one group on a topic, by partition. */
  owned(group: string, topic: string): ReadonlyMap<number, Ownership> {
    return new Map(this.#ownerships(named('g', topic, group)))
  }

  /** Every group that ever committed, by topic. */
  groups(): readonly GroupOnTopic[] {
    const found = new Map<string, GroupOnTopic>()
    for (const [key, value] of this.#prefixed(Buffer.from('g'))) {
      const names = key.subarray(1, key.byteLength - 4).toString('utf8')
      const [topic, group] = names.split('\0') as [string, string]
      if (ownership(opened(key, value, bytesOf.g)).committed) found.set(names, { group, topic })
    }
    return [...found.values()]
  }

  /** The lowest offset that any group still has to read of a partition; undefined if no group reads it. */
  slowest(topic: string, partition: number): Offset | undefined {
    let lowest: Offset | undefined
    for (const [at, { offset }] of this.#ownerships(named('g', topic))) {
      if (at === partition && (lowest === undefined || offset < lowest)) lowest = offset
    }
    return lowest
  }

  /** The offset up to which a partition was compacted. */
  compacted(topic: string, partition: number): bigint {
    return this.#get(numbered(partition, 'k', topic), bytesOf.k)?.readBigUInt64BE(0) ?? 0n
  }

  putCompacted(topic: string, partition: number, to: bigint): void {
    this.#put(numbered(partition, 'k', topic), uint64(to))
  }

  /** Compares every row with its checksum; returns the errors and the number of rows. */
  verify(): { readonly rows: number; readonly damaged: readonly SteerflowError[] } {
    const damaged: SteerflowError[] = []
    let rows = 0
    for (const { key, value } of this.table.range(Buffer.alloc(0), Buffer.from([0xff]))) {
      rows++
      try {
        const kind = String.fromCharCode(key.readUInt8(0))
        if (kind === 't') parsed(openedText(key, value))
        else opened(key, value, bytesOf[kind as keyof typeof bytesOf])
      } catch (error) {
        damaged.push(asSteerflowError(error))
      }
    }
    return { rows, damaged }
  }

  #get(key: Buffer, bytes: number): Buffer | undefined {
    const row = this.table.get(key)
    return row && opened(key, row, bytes)
  }

  #put(key: Buffer, row: Buffer): void {
    this.table.put(key, sealed(key, row))
  }

  #counter(name: string): bigint {
    return this.#get(named('c', name), bytesOf.c)?.readBigUInt64BE(0) ?? 0n
  }

  #count(name: string, value: bigint): void {
    this.#put(named('c', name), uint64(value))
  }

  *#ownerships(prefix: Buffer): Iterable<[number, Ownership]> {
    for (const [key, value] of this.#prefixed(prefix))
      yield [key.readUInt32BE(key.byteLength - 4), ownership(opened(key, value, bytesOf.g))]
  }

  *#prefixed(prefix: Buffer): Iterable<[Buffer, Buffer]> {
    // A prefix ends with a letter or a NUL, never with 255: its successor ends the range.
    const after = Buffer.from(prefix)
    const last = after.byteLength - 1
    after.writeUInt8(after.readUInt8(last) + 1, last)
    for (const { key, value } of this.table.range(prefix, after)) yield [key, value]
  }
}

/** Size of a row without its checksum, by the first letter of its key. */
const bytesOf = { c: 8, k: 8, p: 16, g: 17 } as const

const named = (kind: string, ...names: string[]): Buffer =>
  Buffer.concat([Buffer.from(kind), ...names.flatMap(name => [Buffer.from(name), nul])])

function numbered(partition: number, kind: string, ...names: string[]): Buffer {
  const number = Buffer.allocUnsafe(4)
  number.writeUInt32BE(partition)
  return Buffer.concat([named(kind, ...names), number])
}

function uint64(value: bigint): Buffer {
  const row = Buffer.allocUnsafe(8)
  row.writeBigUInt64BE(value)
  return row
}

const ownership = (row: Buffer): Ownership => ({
  epoch: row.readBigUInt64BE(0),
  offset: offset(row.readBigUInt64BE(8)),
  committed: row.readUInt8(16) === 1,
})

function parsed(stored: string): TopicSpec {
  try {
    return Spec.parse(JSON.parse(stored))
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_LOG_CORRUPT', 'a stored topic is damaged', { cause })
  }
}

/**
 * Rows of the state table end with a checksum (CRC-32 of key and row). Rows of earlier versions have none: they are
 * shorter by it, and get one when they are rewritten.
 */
const sumBytes = 4

const sealed = (key: Buffer, row: Buffer): Buffer => Buffer.concat([row, summed(key, row)])

/** @param bytes size of the row without its checksum @throws STEERFLOW_LOG_DAMAGED */
function opened(key: Buffer, stored: Buffer, bytes: number): Buffer {
  if (stored.byteLength === bytes) return stored
  if (stored.byteLength !== bytes + sumBytes) throw damaged(key)
  return checked(key, stored.subarray(0, bytes), stored.subarray(bytes))
}

/** Ends a text; the text itself contains no line feed. */
const textEnd = '\n'

const sealedText = (key: Buffer, text: string): Buffer => sealed(key, Buffer.from(`${text}${textEnd}`))

/** @throws STEERFLOW_LOG_DAMAGED */
function openedText(key: Buffer, stored: Buffer): string {
  const bytes = stored.byteLength - sumBytes
  if (bytes < 1 || stored[bytes - 1] !== textEnd.charCodeAt(0)) return stored.toString('utf8')
  return checked(key, stored.subarray(0, bytes), stored.subarray(bytes)).toString('utf8')
}

function checked(key: Buffer, row: Buffer, sum: Buffer): Buffer {
  if (summed(key, row).equals(sum)) return row
  throw damaged(key)
}

function summed(key: Buffer, row: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(sumBytes)
  bytes.writeUInt32BE(crc32(row, crc32(key)))
  return bytes
}

const kinds: Readonly<Record<string, string>> = {
  c: 'a counter',
  g: 'the offset of a group',
  k: 'the compaction offset of a topic',
  p: 'the extent of a partition',
  t: 'a topic',
}

function damaged(key: Buffer): SteerflowError {
  const kind = key.toString('latin1', 0, 1)
  const numbered = 'gkp'.includes(kind) && key.byteLength >= 5
  const names = key
    .toString('utf8', 1, numbered ? key.byteLength - 4 : undefined)
    .split('\0')
    .slice(0, -1)
  const of = [...names, ...(numbered ? [String(key.readUInt32BE(key.byteLength - 4))] : [])].join(' ')
  return new SteerflowError(
    'STEERFLOW_LOG_DAMAGED',
    `the stored row of ${kinds[kind] ?? 'the log'} (${of}) is damaged; only a copy of the data folder contains it`,
  )
}
