import { SteerflowError } from '../../../domain/errors.js'
import { type Headers } from '../../../runtime/log.js'

/** What the value of a stored record holds; its offset is the key, its topic and partition name the table. */
export interface StoredRecord {
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: Headers
  readonly timestamp: number
}

/** Before the key: layout, timestamp, length of the key (with a mark for none), length of the headers. */
const fixedBytes = 1 + 8 + 4 + 4
const layout = 1
const noKey = 0xffffffff

/**
 * Encodes a record: the fixed part, key, headers, value. The value comes last and has no length of its own. Headers are
 * pairs of length-prefixed UTF-8 strings.
 */
export function encodeRecord(record: StoredRecord): Buffer {
  const headers = encodeHeaders(record.headers)
  const keyBytes = record.key?.byteLength ?? 0
  const out = Buffer.allocUnsafe(fixedBytes + keyBytes + headers.byteLength + record.value.byteLength)
  out.writeUInt8(layout, 0)
  out.writeDoubleBE(record.timestamp, 1)
  out.writeUInt32BE(record.key ? keyBytes : noKey, 9)
  out.writeUInt32BE(headers.byteLength, 13)
  record.key?.copy(out, fixedBytes)
  headers.copy(out, fixedBytes + keyBytes)
  record.value.copy(out, fixedBytes + keyBytes + headers.byteLength)
  return out
}

/**
 * Decodes a record; its buffers are views of `stored`.
 * @throws STEERFLOW_LOG_CORRUPT
 */
export function decodeRecord(stored: Buffer): StoredRecord {
  if (stored.byteLength < fixedBytes || stored.readUInt8(0) !== layout) throw corrupt()
  const key = stored.readUInt32BE(9)
  const keyEnd = fixedBytes + (key === noKey ? 0 : key)
  const headersEnd = keyEnd + stored.readUInt32BE(13)
  if (headersEnd > stored.byteLength) throw corrupt()
  return {
    key: key === noKey ? null : stored.subarray(fixedBytes, keyEnd),
    value: stored.subarray(headersEnd),
    headers: decodeHeaders(stored.subarray(keyEnd, headersEnd)),
    timestamp: stored.readDoubleBE(1),
  }
}

const noHeaders = Buffer.alloc(0)

function encodeHeaders(headers: Headers): Buffer {
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

function decodeHeaders(stored: Buffer): Headers {
  const strings: string[] = []
  for (let at = 0; at < stored.byteLength;) {
    const end = at + 4 <= stored.byteLength ? at + 4 + stored.readUInt32BE(at) : Infinity
    if (end > stored.byteLength) throw corrupt()
    strings.push(stored.toString('utf8', at + 4, end))
    at = end
  }
  const pairs = strings.flatMap((name, i) => (i % 2 === 0 ? [[name, strings[i + 1] ?? ''] as const] : []))
  return Object.fromEntries(pairs)
}

const corrupt = (): SteerflowError => new SteerflowError('STEERFLOW_LOG_CORRUPT', 'a stored record is damaged')

const pageBytes = 4096
const pageHeader = 24
/** A node's header, its key (an offset), and its entry in the page's index. */
const nodeOverhead = 8 + 8 + 2
/** Larger nodes go to pages of their own. */
const largestNode = (pageBytes - pageHeader) / 2

/** Bytes of disk that a stored record takes in LMDB: its share of a filled page, or whole pages where it is large. */
export function footprint(storedBytes: number): number {
  const node = storedBytes + nodeOverhead
  if (node > largestNode) return Math.ceil((storedBytes + pageHeader) / pageBytes) * pageBytes
  return Math.ceil(pageBytes / Math.floor((pageBytes - pageHeader) / node))
}
