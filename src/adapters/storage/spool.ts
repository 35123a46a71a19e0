import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
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

/**
 * Opens the spool below a storage root and removes what processes that no longer run have left in it. Of those on other
 * machines and in other containers it cannot know: what they left goes when it is old.
 * @throws STEERFLOW_STORAGE
 */
export async function openSpool(root: string): Promise<Spool> {
  return storing(`use ${root} as the storage root`, async () => {
    const spool = join(root, 'spool')
    const space = await processTable.space()
    const own = join(spool, nameOf({ identity: await ownIdentity(), space }))
    await mkdir(own, { recursive: true })
    for (const name of await readdir(spool)) {
      const owner = ownerOf(name)
      if (owner === null) continue
      const folder = join(spool, name)
      const gone = owner.space === space ? !(await isRunning(owner.identity)) : await isAbandoned(folder)
      if (gone) await rm(folder, { recursive: true, force: true })
    }
    return { folder: purpose => storing('make a spool folder', () => mkdtemp(join(own, `${purpose}-`))) }
  })
}

/** Whether nothing below a folder was written for long. */
async function isAbandoned(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [])
  for (const path of [folder, ...entries.map(entry => join(folder, entry))]) {
    const found = await stat(path).catch(() => null)
    if (found && Date.now() - found.mtimeMs < abandonedMs) return false
  }
  return true
}
