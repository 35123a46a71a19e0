import { constants, open as openFile } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { promisify } from 'node:util'
import { SteerflowError } from '../../domain/errors.js'
import { gunzip } from './gunzip.js'
import { isEnough, type Kind, kindOf } from './kinds.js'
import { type Chunks, resumed } from './resumed.js'
import { type BombLimit, defaultBombLimit } from './torn.js'
import { unzstd } from './unzstd.js'

export interface ReadBytesOptions {
  /** Called with the number of bytes read from the disk; compressed bytes for a compressed file. */
  readonly onRead?: (bytes: number) => void
  /** When a decompressed input counts as a bomb; see `defaultBombLimit`. */
  readonly bomb?: BombLimit
}

/** An opened input: text, or a Parquet file. */
export interface OpenedBytes {
  readonly kind: 'text' | 'parquet'
  /** True if the bytes are not those on the disk. */
  readonly isExpanded: boolean
  /** Decompressed bytes. */
  readonly bytes: Chunks
}

/**
 * Opens a file, or standard input for `-`. gzip and zstd are decompressed; they are recognised by their first bytes or the
 * name's ending.
 * @throws STEERFLOW_INPUT_NOT_FOUND if it cannot be read; STEERFLOW_USAGE for inputs that hold no readable records, and
 * from `bytes` STEERFLOW_INPUT_TORN for a damaged compressed input, after the data before the damage
 */
export async function openBytes(input: string, options: ReadBytesOptions = {}): Promise<OpenedBytes> {
  const { bomb = defaultBombLimit } = options
  const ending = /\.(gz|zst)$/.exec(input)?.[1]
  let chunks = storedBytes(input, options.onRead)
  for (let layers = 0; ; layers++) {
    const { head, all } = await peeked(chunks)
    const found = kindOf(head)
    if (found.kind === 'foreign' || (isPacked(found) && layers === mostLayers)) {
      await all.close()
      const name = found.kind === 'foreign' ? found.name : `compressed more than ${mostLayers} times`
      const next = found.kind === 'foreign' ? found.next : 'expand it first'
      const what = `${input === '-' ? 'standard input' : input} ${layers > 0 ? 'holds' : 'is'} not text but ${name}`
      throw new SteerflowError('STEERFLOW_USAGE', `${what}; ${next}`)
    }
    if (found.kind === 'gzip' || (layers === 0 && ending === 'gz' && !isPacked(found)))
      chunks = gunzip(all, input, bomb)
    else if (found.kind === 'zstd' || (layers === 0 && ending === 'zst' && !isPacked(found)))
      chunks = unzstd(all, input, bomb)
    else return { kind: found.kind, isExpanded: layers > 0, bytes: all }
  }
}

/** Some transfers compress a compressed file again. */
const mostLayers = 2

const isPacked = ({ kind }: Kind): boolean => kind === 'gzip' || kind === 'zstd'

/**
 * The bytes of a file, or of standard input for `-`, decompressed.
 * @throws as `openBytes`
 */
export async function* readBytes(input: string, options: ReadBytesOptions = {}): AsyncGenerator<Buffer> {
  yield* (await openBytes(input, options)).bytes
}

/**
 * The stored bytes of a file or of standard input.
 * @throws STEERFLOW_INPUT_NOT_FOUND if it cannot be read
 */
export async function* storedBytes(input: string, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of input === '-' ? (process.stdin as AsyncIterable<Buffer>) : fileChunks(input)) {
      onRead?.(chunk.length)
      yield chunk
    }
  } catch (cause) {
    throw unreadable(input, cause)
  }
}

const chunkBytes = 1 << 20

async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  if ((await stat(path)).isFIFO()) {
    yield* pipeChunks(path)
    return
  }
  const file = await open(path)
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(chunkBytes), 0, chunkBytes)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

const descriptorOf = promisify(openFile)

/**
 * The bytes of a named pipe, as its writers write them. A file read blocks a thread until bytes arrive, and a process
 * cannot exit before its threads: while the writer is silent, it would not end on a signal.
 */
async function* pipeChunks(path: string): AsyncGenerator<Buffer> {
  const fd = await descriptorOf(path, constants.O_RDONLY | constants.O_NONBLOCK)
  yield* new Socket({ fd, readable: true, writable: false }) as AsyncIterable<Buffer>
}

/** The first bytes of an input, as many as tell its kind, and all of its bytes. */
async function peeked(chunks: AsyncGenerator<Buffer>): Promise<{ head: Buffer; all: Chunks }> {
  let head: Buffer = Buffer.alloc(0)
  try {
    while (!isEnough(head)) {
      const next = await chunks.next()
      if (next.done) break
      head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
    }
  } catch (error) {
    if (head.length === 0) throw error
    // The fault comes again behind the bytes before it.
    return { head, all: resumed(head, chunks, { error }) }
  }
  return { head, all: resumed(head, chunks, null) }
}

/** The error for an unreadable file or folder. */
export const unreadable = (input: string, cause: unknown): SteerflowError =>
  cause instanceof SteerflowError
    ? cause
    : new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `${input === '-' ? 'standard input' : input} cannot be read`, {
        cause,
      })
