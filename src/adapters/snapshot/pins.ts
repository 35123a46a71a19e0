import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isStale, ownMark } from '../storage/spool.js'
import { below, solidBelow } from '../storage/below.js'
import { makeFolder, storing } from '../storage/durable.js'

const folderOf = (dataset: string): string => `datasets/${dataset}/pins`

/**
 * Keeps a snapshot from being removed while this process reads it; once it is dead the pin counts no more.
 * @returns what takes the pin away
 */
export async function pinWhile(root: string, dataset: string, digest: string): Promise<() => Promise<void>> {
  return pinAs(root, dataset, `${digest}.${await ownMark()}`)
}

/** Keeps a snapshot until somebody unpins it. */
export async function pin(root: string, dataset: string, digest: string): Promise<void> {
  await pinAs(root, dataset, digest)
}

/** Takes a person's pin away. */
export async function unpin(root: string, dataset: string, digest: string): Promise<void> {
  await storing(`unpin ${digest} in ${root}`, async () =>
    rm(await solidBelow(root, folderOf(dataset), digest), { force: true }),
  )
}

async function pinAs(root: string, dataset: string, name: string): Promise<() => Promise<void>> {
  return storing(`pin ${name.slice(0, 12)} in ${root}`, async () => {
    await makeFolder(await solidBelow(root, folderOf(dataset)))
    const path = await solidBelow(root, folderOf(dataset), name)
    await writeFile(path, '', { flag: 'a' })
    return () => rm(path, { force: true })
  })
}

/** What pins there are, by digest; those of dead processes are removed. */
export async function pinsOf(root: string, dataset: string): Promise<ReadonlyMap<string, string>> {
  const pins = new Map<string, string>()
  for (const name of await readdir(below(root, folderOf(dataset))).catch(() => [])) {
    const [digest = '', mark] = name.split('.')
    if (mark === undefined) pins.set(digest, 'it is pinned')
    else if (await isStale(mark, below(root, folderOf(dataset), name)))
      await rm(join(await solidBelow(root, folderOf(dataset)), name), { force: true })
    else pins.set(digest, 'a process reads it')
  }
  return pins
}
