import { openBytes, type ReadBytesOptions } from './bytes.js'
import { ElementSplitter, type Shape, shapeOf } from './elements.js'
import { byteOrderMark } from './kinds.js'
import { copy, isReadOnce } from './local.js'
import { parquetRows } from './parquet-rows.js'
import { type Chunks, resumed } from './resumed.js'
import { type Line, LineSplitter } from './splitter.js'
import { defaultBombLimit, torn } from './torn.js'

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
 * The records of a file (`-`: standard input) in batches as they are read: one `await` per batch, not per record. A record
 * is a line; in JSON arrays and in objects that span several lines it is an element, in Parquet a row. The input is
 * decompressed if needed. Memory holds only a chunk and the current line, or a row group.
 * @throws STEERFLOW_INPUT_NOT_FOUND; STEERFLOW_USAGE for an input without readable records; STEERFLOW_INPUT_TORN after the
 * whole records before the damage
 */
export async function* readLines(input: string, options: ReadLinesOptions = {}): AsyncGenerator<readonly Line[]> {
  let stored = 0
  const onRead = (bytes: number): void => {
    stored += bytes
    options.onRead?.(bytes)
  }
  yield* linesOf(await openText(input, { ...options, onRead }), { ...options, onRead, stored: () => stored })
}

/** An opened input whose shape is known. */
export interface OpenedText {
  readonly input: string
  readonly shape: Shape | 'rows'
  /** True if the bytes are not those on the disk. */
  readonly isExpanded: boolean
  /** Offset of the first byte: a byte order mark is left out. */
  readonly start: number
  readonly bytes: Chunks
}

/**
 * Opens an input. Waits until its shape is known: at most for the first line and the character behind it.
 * @throws as `readLines`
 */
export async function openText(input: string, options: ReadBytesOptions): Promise<OpenedText> {
  const { kind, isExpanded, bytes } = await openBytes(input, options)
  if (kind === 'parquet') return { input, shape: 'rows', isExpanded, start: 0, bytes }
  const chunks = bytes[Symbol.asyncIterator]() as AsyncGenerator<Buffer>
  let head: Buffer = Buffer.alloc(0)
  let shape: Shape | null = null
  let fault: { readonly error: unknown } | null = null
  try {
    while (shape === null) {
      const next = await chunks.next()
      if (!next.done) head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
      shape = shapeOf(head, next.done === true)
    }
  } catch (error) {
    // The fault comes again behind the bytes before it.
    fault = { error }
  }
  const start = head.subarray(0, 3).equals(byteOrderMark) ? 3 : 0
  const all = resumed(head.subarray(start), chunks, fault)
  return { input, shape: shape ?? shapeOf(head, true)!, isExpanded, start, bytes: all }
}

/** The records of an opened input. */
export async function* linesOf(
  { input, shape, isExpanded, start, bytes }: OpenedText,
  options: ReadLinesOptions & { readonly stored: () => number },
): AsyncGenerator<readonly Line[]> {
  const { bomb = defaultBombLimit, maxLineBytes = defaultMaxLineBytes, stored } = options
  if (shape === 'rows') {
    yield* withLocal(input, isExpanded, bytes, path =>
      parquetRows(path, input, path === input ? options.onRead : undefined),
    )
    return
  }
  const splitter = shape === 'elements' ? new ElementSplitter(maxLineBytes) : new LineSplitter(maxLineBytes, start)
  let given = 0
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const lines = splitter.push(chunk.subarray(at, at + pieceBytes))
      given += lines.length
      if (given > bomb.lines && given > stored())
        throw torn(input, `expands to more lines than it has bytes (${stored()})`)
      if (lines.length) yield lines
      if (splitter instanceof ElementSplitter && splitter.fault) throw torn(input, splitter.fault)
    }
  }
  const last = splitter.end()
  if (typeof last === 'string') throw torn(input, last)
  if (last?.length) yield last
}

/** Reads a file by offset: itself, or a copy of an input that can be read only once or was compressed. */
async function* withLocal<T>(
  input: string,
  isExpanded: boolean,
  bytes: Chunks,
  read: (path: string) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  if (!isExpanded && !(await isReadOnce(input))) {
    await bytes.close()
    yield* read(input)
    return
  }
  const local = await copy(bytes)
  try {
    yield* read(local.path)
  } finally {
    await local.dispose()
  }
}
