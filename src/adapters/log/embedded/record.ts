import { crc32 } from 'node:zlib'
import { SteerflowError } from '../../../domain/errors.js'
import type { LogRecord, RecordHeaders } from '../../../runtime/log.js'

/** The value of a stored record; the table's key is its offset, the table's name its topic and partition. */
export type StoredRecord = Pick<LogRecord, 'key' | 'value' | 'headers' | 'timestamp'>

/** The place of a record. A checksum also covers the place, so that a misplaced record is not taken for another. */
export interface Place {
  readonly topic: string
  readonly partition: number
  /** The common start of its records' checksums. */
  readonly sum: number
}

/**
 * Layouts. `summed`: layout, checksum (CRC-32), timestamp, length of the key (with a mark for none), length of the
 * headers. `bare`, of earlier versions: the same without a checksum. The two numbers differ in many bits, so that
 * damage does not turn one into the other.
 */
const layouts = { bare: 1, summed: 0xd2 } as const
const sumBytes = 4
const bareBytes = 1 + 8 + 4 + 4
const fixedBytes = bareBytes + sumBytes
const noKey = 0xffffffff

export const placeOf = (topic: string, partition: number): Place => ({
  topic,
  partition,
  sum: crc32(`${topic}\0${partition}`),
})

/**
 * Encodes a record: the fixed part, key, headers, value. The value comes last and has no length of its own. Headers are
 * pairs of length-prefixed UTF-8 strings. `seal` adds the checksum.
 */
export function encodeRecord(record: StoredRecord): Buffer {
  const headers = encodeHeaders(record.headers)
  const keyBytes = record.key?.byteLength ?? 0
  const out = Buffer.allocUnsafe(fixedBytes + keyBytes + headers.byteLength + record.value.byteLength)
  out.writeUInt8(layouts.summed, 0)
  out.writeDoubleBE(record.timestamp, 1 + sumBytes)
  out.writeUInt32BE(record.key ? keyBytes : noKey, 9 + sumBytes)
  out.writeUInt32BE(headers.byteLength, 13 + sumBytes)
  record.key?.copy(out, fixedBytes)
  headers.copy(out, fixedBytes + keyBytes)
  record.value.copy(out, fixedBytes + keyBytes + headers.byteLength)
  return out
}

/** The checksum of an encoded record before it has an offset. */
export const unplacedSum = (stored: Buffer, place: Place): number => crc32(stored.subarray(1 + sumBytes), place.sum)

/** Writes the checksum of a record with this offset. @param sum its `unplacedSum` */
export function seal(stored: Buffer, sum: number, offsetKey: Buffer): void {
  stored.writeUInt32BE(crc32(offsetKey, sum), 1)
}

/** True if a record has a checksum; those of earlier versions have none. */
export const isSummed = (stored: Buffer): boolean => stored[0] === layouts.summed

/**
 * Decodes a record and compares it with its checksum; its buffers are views of `stored`.
 * @throws STEERFLOW_LOG_DAMAGED
 */
export function readRecord(stored: Buffer, offsetKey: Buffer, place: Place): StoredRecord {
  const summed = isSummed(stored)
  if (summed && stored.byteLength >= fixedBytes) {
    const [is, was] = [crc32(offsetKey, unplacedSum(stored, place)), stored.readUInt32BE(1)]
    if (is !== was) throw damaged(place, offsetKey, `its checksum is ${hex(is)}, not ${hex(was)}`)
  }
  const record = decode(stored, summed ? sumBytes : 0)
  if (record && (summed || stored[0] === layouts.bare)) return record
  throw damaged(place, offsetKey, 'its bytes are not a record')
}

/** Publication time of an encoded record, in milliseconds since 1970, also for a damaged one. */
export const timestampOf = (stored: Buffer): number =>
  stored.byteLength < fixedBytes ? 0 : stored.readDoubleBE(isSummed(stored) ? 1 + sumBytes : 1)

/** Null if it is not a record. @param more bytes of the fixed part in addition to the bare layout */
function decode(stored: Buffer, more: number): StoredRecord | null {
  const first = bareBytes + more
  if (stored.byteLength < first) return null
  const key = stored.readUInt32BE(9 + more)
  const keyEnd = first + (key === noKey ? 0 : key)
  const headersEnd = keyEnd + stored.readUInt32BE(13 + more)
  if (headersEnd > stored.byteLength) return null
  const headers = decodeHeaders(stored.subarray(keyEnd, headersEnd))
  if (!headers) return null
  return {
    key: key === noKey ? null : stored.subarray(first, keyEnd),
    value: stored.subarray(headersEnd),
    headers,
    timestamp: stored.readDoubleBE(1 + more),
  }
}

function damaged({ topic, partition }: Place, offsetKey: Buffer, what: string): SteerflowError {
  const at = offsetKey.readBigUInt64BE(0)
  const skip = `steerflow offsets reset --node NODE --partition ${partition} --to-offset ${at + 1n}`
  return new SteerflowError(
    'STEERFLOW_LOG_DAMAGED',
    `record ${topic}/${partition}@${at} is not what was written: ${what}; a node that reads ${topic} skips it with \`${skip}\`, and it is lost then`,
  )
}

const hex = (sum: number): string => sum.toString(16).padStart(8, '0')

const noHeaders = Buffer.alloc(0)

function encodeHeaders(headers: RecordHeaders): Buffer {
  const strings = Object.entries(headers).flat()
  if (strings.length === 0) return noHeaders
  const parts = strings.flatMap(string => {
    const text = Buffer.from(string, 'utf8')
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(text.byteLength)
    return [length, text]
  })
  return Buffer.concat(parts)
}

/** Null if these are not headers. */
function decodeHeaders(stored: Buffer): RecordHeaders | null {
  const strings: string[] = []
  for (let at = 0; at < stored.byteLength;) {
    const end = at + 4 <= stored.byteLength ? at + 4 + stored.readUInt32BE(at) : Infinity
    if (end > stored.byteLength) return null
    strings.push(stored.toString('utf8', at + 4, end))
    at = end
  }
  const pairs = strings.flatMap((name, i) => (i % 2 === 0 ? [[name, strings[i + 1] ?? ''] as const] : []))
  return Object.fromEntries(pairs)
}

const pageBytes = 4096
const pageHeader = 24
/** A node's header, its key (an offset), and its entry in the page's index. */
const nodeOverhead = 8 + 8 + 2
/** Larger nodes go to pages of their own. */
const largestNode = (pageBytes - pageHeader) / 2

/** Bytes of disk that a stored record takes in LMDB: its share of a filled page, or whole pages for a large one. */
export function footprint(storedBytes: number): number {
  const node = storedBytes + nodeOverhead
  if (node > largestNode) return Math.ceil((storedBytes + pageHeader) / pageBytes) * pageBytes
  return Math.ceil(pageBytes / Math.floor((pageBytes - pageHeader) / node))
}
