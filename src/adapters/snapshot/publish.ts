import { existsSync } from 'node:fs'
import { copyFile, readdir, rename, rm, symlink, utimes } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Snapshot } from '../../domain/job.js'
import { below, solidBelow } from '../storage/below.js'
import { makeFolder, syncFolder, writeDurably } from '../storage/durable.js'
import type { FileStore } from '../storage/file-store.js'
import { ByteFile } from './byte-file.js'
import { descriptions } from './describe.js'

const isOccupied = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')

/**
 * Gives a complete folder its final name. If the name is taken, by the same records from an earlier run or another process,
 * missing files are added there. The checksums come last, so they never name a missing file.
 */
export async function placeFolder(root: string, folder: string, { dataset, path }: Snapshot): Promise<void> {
  const parent = await solidBelow(root, 'datasets', dataset)
  const target = await solidBelow(root, path)
  await makeFolder(parent)
  await rename(folder, target).catch(async (error: unknown) => {
    if (!isOccupied(error)) throw error
    const isData = (name: string): boolean => !descriptions.some(one => one === name)
    const missing = (await readdir(folder)).filter(name => isData(name) && !existsSync(join(target, name)))
    if (missing.length === 0) return
    for (const name of [...missing, ...descriptions]) await rename(join(folder, name), join(target, name))
    await syncFolder(target)
  })
  await syncFolder(parent)
}

/**
 * Gives a snapshot its name, makes it the newest, and points `latest.json` at it. A folder with this name may be removed at
 * the same moment, since nothing needed it until now; then the snapshot is placed again.
 */
export async function publish(root: string, room: string, folder: string, snapshot: Snapshot): Promise<void> {
  for (;;) {
    await placeFolder(root, folder, snapshot)
    const target = below(root, snapshot.path)
    const now = new Date()
    const touched = await utimes(target, now, now).catch(nullIfMissing)
    await pointAt(root, room, snapshot)
    if (touched !== null && existsSync(join(target, 'manifest.json'))) return
  }
}

function nullIfMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
  throw error
}

/** Points `latest.json` and, for people, the link `latest` at a snapshot. */
export async function pointAt(root: string, room: string, snapshot: Snapshot): Promise<void> {
  const dataset = await solidBelow(root, 'datasets', snapshot.dataset)
  await writeDurably(join(dataset, 'latest.json'), latestOf(snapshot))
  // A link can be replaced atomically only by renaming another one over it.
  const link = join(room, 'latest')
  await rm(link, { force: true })
  await symlink(snapshot.digest, link)
  await rename(link, join(dataset, 'latest'))
}

const latestOf = (snapshot: Snapshot): string => `${JSON.stringify(snapshot, null, 2)}\n`

/** Copies a snapshot to a store outside the data folder: all files, then the checksums, then `latest.json`. */
export async function keepCopy(root: string, room: string, snapshot: Snapshot, store: FileStore): Promise<void> {
  const keep = async (from: string, name: string): Promise<void> => {
    const copy = join(room, 'copy')
    // The store may move the file away.
    await copyFile(from, copy)
    await store.put(copy, name, await ByteFile.facts(copy))
    await rm(copy, { force: true })
  }
  const folder = below(root, snapshot.path)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
  const ordered = names.toSorted((a, b) => Number(a === 'SHA256SUMS') - Number(b === 'SHA256SUMS'))
  for (const name of ordered) await keep(join(folder, name), `${snapshot.path}/${name}`)
  await keep(below(root, 'datasets', snapshot.dataset, 'latest.json'), `datasets/${snapshot.dataset}/latest.json`)
}
