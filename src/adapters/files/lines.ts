import { readBytes, type ReadBytesOptions } from './bytes.js'
import { defaultBombLimit, torn } from './gunzip.js'
import { type Line, LineSplitter } from './splitter.js'

export interface ReadLinesOptions extends ReadBytesOptions {
  /** Longest line that is read; longer ones come as `too-long`. */
  readonly maxLineBytes?: number | undefined
}

/** Bytes that are split at once: of the shortest lines that is a batch of thirty thousand, each a hundred times its size. */
const pieceBytes = 64 << 10

/** The longest line unless an option says otherwise. */
export const defaultMaxLineBytes = 64 * 2 ** 20

/**
 * The lines of a file (`-`: standard input), expanded where compressed, in batches as they come from the disk: one
 * `await` a batch, not a line. Memory stays at a chunk and the line under way.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN after the whole lines before the damage.
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
