import { randomBytes } from 'node:crypto'
import { access, link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'

/** What the system calls a disk, or a share of it, that is used up. */
const noRoom = new Set(['ENOSPC', 'EDQUOT'])

/** Runs file work; what fails in it is a failure of the storage, with its cause. */
export async function storing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    const full = noRoom.has((cause as NodeJS.ErrnoException | null)?.code ?? '')
    throw new SteerflowError(full ? 'STEERFLOW_STORAGE_FULL' : 'STEERFLOW_STORAGE', `cannot ${what}`, { cause })
  }
}

/** Makes the names in a folder durable: a renamed or created file may vanish in a power cut until this has returned. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Creates a folder and those above it, durably. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at))
}

/** Tells apart the temporary files of this process: two calls may write the same file at the same time. */
let written = 0

/**
 * Writes a whole file: temporary name → fsync → final name → fsync of the folder. Readers see all of it or the old one; what
 * could not be written, as on a full disk, leaves nothing.
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
 * Writes a file unless it is there, and says whether it did: of any number that try, one succeeds. A link, like O_EXCL, fails
 * where the name is taken, and the file has its whole content from the first moment.
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

/** Whether something of that name is there. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
