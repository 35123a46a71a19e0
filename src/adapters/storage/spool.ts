import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRunning, ownIdentity, ProcessIdentity } from '../processes/identity.js'
import { storing } from './durable.js'

/** Room for unfinished files, on the same file system as the finished ones, so that a rename finishes them. */
export interface Spool {
  /** A new, empty folder of this process. */
  folder(purpose: string): Promise<string>
}

const nameOf = (identity: ProcessIdentity): string =>
  Buffer.from(JSON.stringify([identity.pid, identity.started, identity.boot])).toString('base64url')

function identityOf(name: string): ProcessIdentity | null {
  try {
    const [pid, started, boot] = JSON.parse(Buffer.from(name, 'base64url').toString('utf8')) as unknown[]
    return ProcessIdentity.safeParse({ pid, started, boot }).data ?? null
  } catch {
    return null
  }
}

/**
 * Opens the spool below a storage root and removes what processes that no longer run have left in it.
 * @throws STEERFLOW_STORAGE
 */
export async function openSpool(root: string): Promise<Spool> {
  return storing(`use ${root} as the storage root`, async () => {
    const spool = join(root, 'spool')
    const own = join(spool, nameOf(await ownIdentity()))
    await mkdir(own, { recursive: true })
    for (const name of await readdir(spool)) {
      const owner = identityOf(name)
      if (owner && !(await isRunning(owner))) await rm(join(spool, name), { recursive: true, force: true })
    }
    return { folder: purpose => storing('make a spool folder', () => mkdtemp(join(own, `${purpose}-`))) }
  })
}
