import { randomBytes } from 'node:crypto'
import { access, link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'

/** System errors of a full disk or an exceeded quota. */
const noRoom = new Set(['ENOSPC', 'EDQUOT'])

/** Runs file operations and turns failures into storage errors with their cause. */
export async function storing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    const full = noRoom.has((cause as NodeJS.ErrnoException | null)?.code ?? '')
    throw new SteerflowError(full ? 'STEERFLOW_STORAGE_FULL' : 'STEERFLOW_STORAGE', `cannot ${what}`, { cause })
  }
}

/** Makes the names in a folder durable: until this resolves, a power cut may undo a rename or creation. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Creates a folder and its parents durably. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at))
}

/** Makes temporary names of this process distinct: two calls may write the same file at the same time. */
let written = 0

/**
 * Writes a whole file: temporary name → fsync → final name → fsync of the folder. Readers see the old or the new content; a
 * failed write, as on a full disk, leaves nothing behind.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}-${++written}.tmp`
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/**
 * Writes a file unless it exists, and returns whether it did; of several concurrent calls, one succeeds. A link, like
 * O_EXCL, fails if the name is taken, and the file has its whole content from the start.
 */
export async function writeFirst(path: string, text: string): Promise<boolean> {
  const own = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  await writeDurably(own, text)
  try {
    await link(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(own, { force: true })
  }
}

/** True if the path exists. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
