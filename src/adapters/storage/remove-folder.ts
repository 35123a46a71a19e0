import { readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { storing, syncFolder } from './durable.js'

/** Prefix of folders being removed. No snapshot or job has such a name. */
const going = '.removed-'

/**
 * Removes a folder atomically for readers: it is renamed first. `sweepRemoved` removes the leftovers of a kill.
 * @param path as `solidBelow` returns it
 */
export async function removeFolder(path: string, name: string): Promise<void> {
  await storing(`remove ${path}`, async () => {
    const parent = dirname(path)
    const gone = join(parent, `${going}${name.slice(0, 200)}`)
    await rm(gone, { recursive: true, force: true })
    await rename(path, gone).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    })
    await syncFolder(parent)
    await rm(gone, { recursive: true, force: true })
  })
}

/** Completes removals in a folder that killed processes had started. */
export async function sweepRemoved(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (name.startsWith(going))
      await storing(`remove ${name}`, () => rm(join(parent, name), { recursive: true, force: true }))
  }
}
