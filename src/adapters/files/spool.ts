import { createHash } from 'node:crypto'
import { open, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isGzip, readBytes, storedBytes, unreadable } from './bytes.js'

/** A file on disk with repeatable, random access. */
export interface LocalFile {
  readonly path: string
  /** Removes the file if it is a copy. */
  dispose(): Promise<void>
}

const asItIs = (path: string): LocalFile => ({ path, dispose: async () => undefined })

/** Copies bytes into a new file in the system's temporary folder. */
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
 * True if an input can be read only once: standard input, and anything but a regular file, such as the pipe of `<(command)`.
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
 * A repeatable form of an input: an input that can be read only once is copied, a file is used directly.
 * @throws STEERFLOW_INPUT_NOT_FOUND
 */
export const repeatable = async (input: string): Promise<LocalFile> =>
  (await isReadOnce(input)) ? copy(storedBytes(input)) : asItIs(input)

/**
 * A form of an input whose lines can be read by offset: an input that can be read only once, or that is compressed, is
 * copied decompressed.
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

/** sha256 of the stored bytes of a file, in lower-case hex. @throws STEERFLOW_INPUT_NOT_FOUND */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of storedBytes(path)) hash.update(chunk)
  return hash.digest('hex')
}
