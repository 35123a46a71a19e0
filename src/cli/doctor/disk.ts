import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fail, type Finding, ok, warn } from './check.js'
import { size } from './units.js'

const least = { warn: 5 * 2 ** 30, fail: 256 * 2 ** 20 }

/** Whether the disk of a folder has room; a folder that is not there yet is looked for above. */
export async function diskRoom(folder: string, look: typeof freeBytes = freeBytes): Promise<Finding> {
  const free = await look(folder)
  const detail = `${size(free)} free on the disk of ${folder}`
  const todo = 'Free space, or name a folder on another disk with dataDir.'
  if (free < least.fail) return fail(detail, todo)
  return free < least.warn ? warn(detail, todo) : ok(detail)
}

/** Bytes that this user may still write. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder === dirname(folder)) throw error
    return freeBytes(dirname(folder))
  }
}
