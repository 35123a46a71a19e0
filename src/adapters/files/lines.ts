import { readBytes, type ReadBytesOptions } from './bytes.js'
import { type Line, LineSplitter } from './splitter.js'

export interface ReadLinesOptions extends ReadBytesOptions {
  /** Longest line that is read; longer ones come as `too-long`. */
  readonly maxLineBytes?: number
}

/** The longest line unless an option says otherwise. */
export const defaultMaxLineBytes = 64 * 2 ** 20

/**
 * The lines of a file (`-`: standard input), expanded where compressed, in batches as they come from the disk: one
 * `await` a batch, not a line. Memory stays at a chunk and the line under way.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN after the whole lines before the damage.
 */
export async function* readLines(input: string, options: ReadLinesOptions = {}): AsyncGenerator<readonly Line[]> {
  const splitter = new LineSplitter(options.maxLineBytes ?? defaultMaxLineBytes)
  for await (const chunk of readBytes(input, options)) {
    const lines = splitter.push(chunk)
    if (lines.length) yield lines
  }
  const last = splitter.end()
  if (last.length) yield last
}
