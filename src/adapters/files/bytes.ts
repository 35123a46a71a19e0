import { constants, open as openFile } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { promisify } from 'node:util'
import { SteerflowError } from '../../domain/errors.js'
import { type BombLimit, defaultBombLimit, gunzip } from './gunzip.js'

export interface ReadBytesOptions {
  /** Called with the number of bytes read from the disk; compressed bytes for a compressed file. */
  readonly onRead?: (bytes: number) => void
  /** When a decompressed input counts as a bomb; see `defaultBombLimit`. */
  readonly bomb?: BombLimit
}

/**
 * The bytes of a file, or of standard input for `-`. gzip is decompressed; it is recognised by its first bytes or the name's
 * ending.
 * @throws STEERFLOW_INPUT_NOT_FOUND if it cannot be read; STEERFLOW_USAGE for other compressions; STEERFLOW_INPUT_TORN for
 * damaged gzip, after the data before the damage
 */
export async function* readBytes(input: string, options: ReadBytesOptions = {}): AsyncGenerator<Buffer> {
  const chunks = fourAtFirst(storedBytes(input, options.onRead))
  const first = await chunks.next()
  const start = first.done ? Buffer.alloc(0) : first.value
  const all = resumed(start, chunks)
  const foreign = foreignKinds.find(({ magic }) => start.subarray(0, magic.length).equals(magic))
  if (foreign) {
    await chunks.return(undefined)
    const what = `${input === '-' ? 'standard input' : input} is not text but ${foreign.name}`
    throw new SteerflowError('STEERFLOW_USAGE', `${what}; ${foreign.next}`)
  }
  if (isGzip(start) || input.endsWith('.gz')) yield* gunzip(all, input, options.bomb ?? defaultBombLimit)
  else yield* all
}

/** True if these first bytes are gzip's. */
export const isGzip = (start: Buffer): boolean => start.length >= 2 && start[0] === 0x1f && start[1] === 0x8b

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

/** Unsupported formats, by their first bytes; each of their "lines" would be a dead letter. */
const foreignKinds = [
  { name: 'zstd', magic: '28b52ffd', next: 'expand it first, with zstd -dc' },
  { name: 'xz', magic: 'fd377a58', next: 'expand it first, with xz -dc' },
  { name: 'bzip2', magic: '425a68', next: 'expand it first, with bzip2 -dc' },
  { name: 'zip', magic: '504b0304', next: 'expand it first, with unzip -p' },
  { name: 'Parquet', magic: '50415231', next: 'convert it to JSON lines, one record per line' },
].map(({ magic, ...kind }) => ({ ...kind, magic: Buffer.from(magic, 'hex') }))

/** Holds the first chunk until it has four bytes, since a pipe may split the magic bytes. */
async function* fourAtFirst(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer | null = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (held === null) yield chunk
    else {
      held = Buffer.concat([held, chunk])
      if (held.length < 4) continue
      yield held
      held = null
    }
  }
  if (held?.length) yield held
}

async function* resumed(start: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (start.length) yield start
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

/** The error for an unreadable file or folder. */
export const unreadable = (input: string, cause: unknown): SteerflowError =>
  cause instanceof SteerflowError
    ? cause
    : new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `${input === '-' ? 'standard input' : input} cannot be read`, {
        cause,
      })
