import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isStale, ownMark } from '../storage/spool.js'
import { below, solidBelow } from '../storage/below.js'
import { makeFolder, storing } from '../storage/durable.js'

const folderOf = (dataset: string): string => `datasets/${dataset}/pins`

/**
 * Protects a snapshot from removal while this process reads it; the pin expires when the process ends.
 * @returns a function that removes the pin
 */
export async function pinWhile(root: string, dataset: string, digest: string): Promise<() => Promise<void>> {
  return pinAs(root, dataset, `${digest}.${await ownMark()}`)
}

/** Protects a snapshot until it is unpinned. */
export async function pin(root: string, dataset: string, digest: string): Promise<void> {
  await pinAs(root, dataset, digest)
}

/** Removes a manual pin. */
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

/** Reasons of the pins, by digest; pins of dead processes are removed. */
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
