import { open, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unreadable } from './bytes.js'

/** A file on disk with repeatable, random access. */
export interface LocalFile {
  readonly path: string
  /** Removes the file if it is a copy. */
  dispose(): Promise<void>
}

export const asItIs = (path: string): LocalFile => ({ path, dispose: async () => undefined })

/** Copies bytes into a new file in the system's temporary folder. */
export async function copy(bytes: AsyncIterable<Buffer>): Promise<LocalFile> {
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
