import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { surelyNow } from '../../runtime/clock.js'
import { isRunning, ownIdentity, ProcessIdentity } from '../processes/identity.js'
import { processTable } from '../processes/process-table.js'
import { storing } from './durable.js'

/** Room for unfinished files, on the same file system as the finished ones, so that a rename finishes them. */
export interface Spool {
  /** A new, empty folder of this process. */
  folder(purpose: string): Promise<string>
}

/** Whose a folder is: a process, and from where it can be seen whether it runs. */
interface Owner {
  readonly identity: ProcessIdentity
  readonly space: string
}

/** How long nothing is written to a folder before it goes although its owner cannot be seen from here. */
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

/** A name that tells whose something is: this process's. */
export const ownMark = async (): Promise<string> =>
  nameOf({ identity: await ownIdentity(), space: await processTable.space() })

/**
 * Whether the process that a name tells of has gone. Of those on other machines and in other containers that cannot be
 * known: what is theirs is stale when it is old. A name that tells of none never is.
 */
export async function isStale(mark: string, path: string): Promise<boolean> {
  const owner = ownerOf(mark)
  if (owner === null) return false
  return owner.space === (await processTable.space()) ? !(await isRunning(owner.identity)) : isAbandoned(path)
}

/**
 * Opens the spool below a storage root and removes what processes that no longer run have left in it. Of those on other
 * machines and in other containers it cannot know: what they left goes when it is old.
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
      // Another machine, by whose clock this one has written nothing for long, may have removed it.
      await mkdir(own, { recursive: true })
      return mkdtemp(join(own, `${purpose}-`))
    }
    return { folder: purpose => storing(`make a folder in ${own}`, () => folder(purpose)) }
  })
}

/** Whether nothing below a folder was written for long. */
async function isAbandoned(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [])
  for (const path of [folder, ...entries.map(entry => join(folder, entry))]) {
    const found = await stat(path).catch(() => null)
    if (found && surelyNow() - found.mtimeMs < abandonedMs) return false
  }
  return true
}
