import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { surelyNow } from '../../runtime/clock.js'
import { isRunning, ownIdentity, ProcessIdentity } from '../processes/identity.js'
import { processTable } from '../processes/process-table.js'
import { storing } from './durable.js'

/** Space for unfinished files, on the same file system as the finished ones, so that a rename finishes them. */
export interface Spool {
  /** A new, empty folder of this process. */
  folder(purpose: string): Promise<string>
}

/** Owner of a folder: a process, and the machine or container that can tell whether it runs. */
interface Owner {
  readonly identity: ProcessIdentity
  readonly space: string
}

/** Time without writes after which a folder is removed although its owner is not visible from here, in milliseconds. */
const abandonedMs = 7 * 86_400_000

const nameOf = ({ identity: { pid, started, boot }, space }: Owner): string =>
  Buffer.from(JSON.stringify([pid, started, boot, space])).toString('base64url')

function ownerOf(name: string): Owner | null {
  try {
    const [pid, started, boot, space] = JSON.parse(Buffer.from(name, 'base64url').toString('utf8')) as unknown[]
    const identity = ProcessIdentity.safeParse({ pid, started, boot }).data
    return identity ? { identity, space: String(space) } : null
  } catch {
    return null
  }
}

/** A name that identifies this process as an owner. */
export const ownMark = async (): Promise<string> =>
  nameOf({ identity: await ownIdentity(), space: await processTable.space() })

/**
 * True if the process in a name is gone. For processes on other machines or in other containers this is unknown, so their
 * files count as stale once they are old. A name without a process is never stale.
 */
export async function isStale(mark: string, path: string): Promise<boolean> {
  const owner = ownerOf(mark)
  if (owner === null) return false
  return owner.space === (await processTable.space()) ? !(await isRunning(owner.identity)) : isAbandoned(path)
}

/**
 * Opens the spool below a storage root and removes leftovers of processes that no longer run. Leftovers from other machines
 * and containers are removed once they are old.
 * @throws STEERFLOW_STORAGE
 */
export async function openSpool(root: string): Promise<Spool> {
  return storing(`use ${root} as the storage root`, async () => {
    const spool = join(root, 'spool')
    const own = join(spool, await ownMark())
    await mkdir(own, { recursive: true })
    for (const name of await readdir(spool)) {
      const folder = join(spool, name)
      if (await isStale(name, folder)) await rm(folder, { recursive: true, force: true })
    }
    const folder = async (purpose: string): Promise<string> => {
      // Another machine whose clock differs may have removed the folder as abandoned.
      await mkdir(own, { recursive: true })
      return mkdtemp(join(own, `${purpose}-`))
    }
    return { folder: purpose => storing(`make a folder in ${own}`, () => folder(purpose)) }
  })
}

/** True if nothing below a folder was written recently. */
async function isAbandoned(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [])
  for (const path of [folder, ...entries.map(entry => join(folder, entry))]) {
    const found = await stat(path).catch(() => null)
    if (found && surelyNow() - found.mtimeMs < abandonedMs) return false
  }
  return true
}
