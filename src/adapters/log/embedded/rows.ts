import { crc32 } from 'node:zlib'
import { SteerflowError } from '../../../domain/errors.js'

/**
 * Rows of the state table with a checksum (CRC-32 of key and row) behind them. A row of an earlier version has none: it is
 * shorter by that, and gets one when it is written again.
 */
const sumBytes = 4

export const sealed = (key: Buffer, row: Buffer): Buffer => Buffer.concat([row, summed(key, row)])

/** @param bytes of a row without its checksum @throws STEERFLOW_LOG_DAMAGED */
export function opened(key: Buffer, stored: Buffer, bytes: number): Buffer {
  if (stored.byteLength === bytes) return stored
  if (stored.byteLength !== bytes + sumBytes) throw damaged(key)
  return checked(key, stored.subarray(0, bytes), stored.subarray(bytes))
}

/** Ends a text, which holds no line feed of its own. */
const textEnd = '\n'

export const sealedText = (key: Buffer, text: string): Buffer => sealed(key, Buffer.from(`${text}${textEnd}`))

/** @throws STEERFLOW_LOG_DAMAGED */
export function openedText(key: Buffer, stored: Buffer): string {
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
  g: 'how far a group has read',
  k: 'how far a topic was compacted',
  p: 'where a partition begins and ends',
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
    `what the log says of ${kinds[kind] ?? 'itself'} (${of}) is not what was written; only a copy of the data folder has it`,
  )
}
