import { createHash } from 'node:crypto'
import { open, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isGzip, readBytes, storedBytes, unreadable } from './bytes.js'

/** A file on the disk that can be read again and at any place. */
export interface LocalFile {
  readonly path: string
  /** Removes it, if it is a copy. */
  dispose(): Promise<void>
}

const asItIs = (path: string): LocalFile => ({ path, dispose: async () => undefined })

/** Copies bytes into a new file in the system's folder for temporary files. */
async function copy(bytes: AsyncIterable<Buffer>): Promise<LocalFile> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-'))
  const dispose = () => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'input')
    const file = await open(path, 'wx')
    try {
      for await (const chunk of bytes) await file.writeFile(chunk)
    } finally {
      await file.close()
    }
    return { path, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/**
 * Whether an input gives its bytes once: standard input, and what is no regular file, such as the pipe of `<(command)`.
 * @throws STEERFLOW_INPUT_NOT_FOUND
 */
export async function isReadOnce(input: string): Promise<boolean> {
  if (input === '-') return true
  const found = await stat(input).catch((cause: unknown) => {
    throw unreadable(input, cause)
  })
  return !found.isFile() && !found.isDirectory()
}

/**
 * An input that can be read more than once: what is read once is copied, a file is taken as it is.
 * @throws STEERFLOW_INPUT_NOT_FOUND
 */
export const repeatable = async (input: string): Promise<LocalFile> =>
  (await isReadOnce(input)) ? copy(storedBytes(input)) : asItIs(input)

/**
 * An input whose lines can be read at their offsets: what is read once and compressed files are copied, expanded.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN
 */
export const seekable = async (input: string): Promise<LocalFile> =>
  (await isReadOnce(input)) || (await isCompressed(input)) ? copy(readBytes(input)) : asItIs(input)

async function isCompressed(path: string): Promise<boolean> {
  if (path.endsWith('.gz')) return true
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
      return isGzip(buffer.subarray(0, bytesRead))
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** sha256 in lower-case hex of a file as it is stored. @throws STEERFLOW_INPUT_NOT_FOUND */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of storedBytes(path)) hash.update(chunk)
  return hash.digest('hex')
}
