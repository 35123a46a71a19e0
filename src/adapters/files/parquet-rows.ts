import { open } from 'node:fs/promises'
import type { AsyncBuffer } from 'hyparquet'
import { SteerflowError } from '../../domain/errors.js'
import type { Line } from './splitter.js'
import { torn } from './torn.js'

/** Rows that are converted to text at once. */
const batchRows = 256

/**
 * The rows of a Parquet file as JSON records, one row group in memory at a time. A row is spelled as in JSON lines: columns in
 * their order, an absent value as null.
 * @throws STEERFLOW_INPUT_TORN if the file is damaged, after the row groups before the damage; STEERFLOW_USAGE if its
 * compression is not known
 */
export async function* parquetRows(
  path: string,
  name: string,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<readonly Line[]> {
  // Loaded on demand, since few inputs need them.
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet')
  const { compressors } = await import('hyparquet-compressors')
  const file = await open(path)
  let number = 0
  try {
    const { size } = await file.stat()
    const buffer: AsyncBuffer = {
      byteLength: size,
      slice: async (start, end = size) => {
        const bytes = new Uint8Array(Math.max(0, end - start))
        let read = 0
        while (read < bytes.length) {
          const { bytesRead } = await file.read(bytes, read, bytes.length - read, start + read)
          if (bytesRead === 0) throw new RangeError(`it ends before byte ${end}`)
          read += bytesRead
        }
        onRead(bytes.length)
        return bytes.buffer
      },
    }
    const metadata = await parquetMetadataAsync(buffer)
    const codecs = metadata.row_groups.flatMap(group => group.columns.map(column => column.meta_data?.codec))
    const unread = codecs.find(codec => codec?.startsWith('LZ'))
    if (unread) {
      const what = `${name} is Parquet compressed with ${unread}, which is not read`
      throw new SteerflowError('STEERFLOW_USAGE', `${what}; write it again with zstd or snappy`)
    }
    let rowStart = 0
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows)
      const rows = await parquetReadObjects({ file: buffer, metadata, compressors, rowStart, rowEnd, utf8: false })
      rowStart = rowEnd
      for (let at = 0; at < rows.length; at += batchRows)
        yield rows.slice(at, at + batchRows).map(row => {
          number++
          const bytes = Buffer.from(JSON.stringify(jsonOf(row)), 'utf8')
          return { kind: 'line', number, offset: number - 1, unit: 'row', bytes }
        })
    }
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw torn(name, `the Parquet file is damaged or not whole, behind row ${number} (${reason})`, cause)
  } finally {
    await file.close()
  }
}

/** A value of a column as JSON has it. */
function jsonOf(value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value !== 'object') return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return textOf(value)
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, jsonOf)
  if (Array.isArray(value)) return value.map(jsonOf)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, jsonOf(part)]))
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes that the file does not call text: text if they are UTF-8, otherwise Base64. */
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('base64')
  }
}
