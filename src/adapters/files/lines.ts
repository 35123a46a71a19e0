import { readBytes, type ReadBytesOptions } from './bytes.js'
import { defaultBombLimit, torn } from './gunzip.js'
import { type Line, LineSplitter } from './splitter.js'

export interface ReadLinesOptions extends ReadBytesOptions {
  /** Length limit of a line in bytes; longer lines come as `too-long`. */
  readonly maxLineBytes?: number | undefined
}

/**
 * Bytes to split at once. With the shortest lines this gives a batch of thirty thousand, each a hundred times its size in
 * memory.
 */
const pieceBytes = 64 << 10

/** Default length limit of a line, in bytes. */
export const defaultMaxLineBytes = 64 * 2 ** 20

/** Bounds on that limit: under a kibibyte no record fits, and a longer line than half a gibibyte is no string. */
export const lineBytesBounds = { least: 1024, most: 2 ** 29 }

/**
 * The lines of a file (`-`: standard input), decompressed if needed, in batches as they are read: one `await` per batch, not
 * per line. Memory holds only a chunk and the current line.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN after the whole lines before the damage
 */
export async function* readLines(input: string, options: ReadLinesOptions = {}): AsyncGenerator<readonly Line[]> {
  const splitter = new LineSplitter(options.maxLineBytes ?? defaultMaxLineBytes)
  const { bomb = defaultBombLimit } = options
  let [stored, given] = [0, 0]
  const onRead = (bytes: number): void => {
    stored += bytes
    options.onRead?.(bytes)
  }
  for await (const chunk of readBytes(input, { ...options, onRead })) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const lines = splitter.push(chunk.subarray(at, at + pieceBytes))
      given += lines.length
      if (given > bomb.lines && given > stored) throw torn(input, `expands to more lines than it has bytes (${stored})`)
      if (lines.length) yield lines
    }
  }
  const last = splitter.end()
  if (last.length) yield last
}
