import { readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { storing, syncFolder } from './durable.js'

/** No name of ours begins so: what is being removed is no snapshot and no job any more. */
const going = '.removed-'

/**
 * Removes a folder, whole or not at all for readers: it loses its name first. What a kill leaves behind that is swept by
 * `sweepRemoved`.
 * @param path as `solidBelow` gives it
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

/** Removes what killed processes had begun to remove in a folder. */
export async function sweepRemoved(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (name.startsWith(going))
      await storing(`remove ${name}`, () => rm(join(parent, name), { recursive: true, force: true }))
  }
}
