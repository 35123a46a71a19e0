import { createHash } from 'node:crypto'
import { storedBytes } from './bytes.js'
import { asItIs, copy, isReadOnce, type LocalFile } from './local.js'
import { linesOf, openText, type ReadLinesOptions } from './lines.js'
import type { Line } from './splitter.js'

/**
 * A repeatable form of an input: an input that can be read only once is copied, a file is used directly.
 * @throws STEERFLOW_INPUT_NOT_FOUND
 */
export const repeatable = async (input: string): Promise<LocalFile> =>
  (await isReadOnce(input)) ? copy(storedBytes(input)) : asItIs(input)

/**
 * A form of an input whose records can be read by offset, as lines: anything but a file of plain lines is copied.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_USAGE, STEERFLOW_INPUT_TORN
 */
export async function seekable(input: string, options: ReadLinesOptions = {}): Promise<LocalFile> {
  const opened = await openText(input, options)
  if (opened.shape !== 'lines') return copy(endedLines(linesOf(opened, { ...options, stored: () => Infinity })))
  if (opened.isExpanded || (await isReadOnce(input))) return copy(opened.bytes)
  await opened.bytes.close()
  return asItIs(input)
}

/** Records as lines. A record that is too long becomes a line of that length. */
export async function* endedLines(records: AsyncIterable<readonly Line[]>): AsyncGenerator<Buffer> {
  for await (const some of records)
    for (const record of some) {
      if (record.kind === 'line') yield Buffer.concat([onOneLine(record.bytes), lineEnd])
      else {
        for (let left = record.length; left > 0; left -= blanks.length) yield blanks.subarray(0, left)
        yield lineEnd
      }
    }
}

const lineEnd = Buffer.from('\n')
const blanks = Buffer.alloc(1 << 16, ' ')

/** A line end in a text makes it invalid as JSON, and so does the vertical tab that takes its place. */
const onOneLine = (bytes: Buffer): Buffer =>
  bytes.includes(10) || bytes.includes(13)
    ? Buffer.from(bytes.map(byte => (byte === 10 || byte === 13 ? 11 : byte)))
    : bytes

/** sha256 of the stored bytes of a file, in lower-case hex. @throws STEERFLOW_INPUT_NOT_FOUND */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of storedBytes(path)) hash.update(chunk)
  return hash.digest('hex')
}
