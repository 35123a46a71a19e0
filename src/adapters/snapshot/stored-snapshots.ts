import { lstat, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { below, solidBelow } from '../storage/below.js'
import { exists } from '../storage/durable.js'
import type { FileStore } from '../storage/file-store.js'
import { folderSize } from '../storage/folder-size.js'
import { removeFolder, sweepRemoved } from '../storage/remove-folder.js'
import { readSmall } from '../storage/small-file.js'
import { pinsOf } from './pins.js'
import { isDigest, snapshotDigests } from './read-snapshot.js'

/** A snapshot's folder on disk. */
export interface StoredSnapshot {
  readonly dataset: string
  readonly digest: string
  readonly bytes: number
  /** Time of its last materialisation, in milliseconds since 1970. */
  readonly at: number
  /** Reasons on disk to keep it: it is the latest, or pinned. */
  readonly needed: readonly string[]
}

const folderOf = (dataset: string, digest: string): string => `datasets/${dataset}/${digest}`

/**
 * The snapshots of a dataset on disk, complete or torn. The latest is found by searching the text of `latest.json`, so an
 * edited file protects every snapshot that it names anywhere.
 */
export async function storedSnapshots(root: string, dataset: string): Promise<readonly StoredSnapshot[]> {
  const latest = await readSmall(below(root, 'datasets', dataset, 'latest.json')).catch(() => '')
  const pins = await pinsOf(root, dataset)
  const found: StoredSnapshot[] = []
  for (const digest of await snapshotDigests(root, dataset)) {
    const folder = below(root, folderOf(dataset, digest))
    const facts = await lstat(folder).catch(() => null)
    const isLink = facts?.isSymbolicLink() ?? false
    if (!facts?.isDirectory() && !isLink) continue
    const needed = [
      ...(isLink ? ['it is a link, which steerflow did not make'] : []),
      ...(latest.includes(digest) ? ['it is the latest'] : []),
      ...(pins.has(digest) ? [pins.get(digest)!] : []),
    ]
    const { bytes } = isLink ? { bytes: 0 } : await folderSize(folder)
    found.push({ dataset, digest, bytes, at: facts!.mtimeMs, needed })
  }
  return found
}

/**
 * Removes a snapshot: its copy in another store, and its folder. A snapshot that was made again or pinned in the meantime
 * stays. After a kill, call it again.
 * @returns whether it was removed
 * @throws STEERFLOW_STORAGE, STEERFLOW_PATH_OUTSIDE
 */
export async function removeSnapshot(
  root: string,
  { dataset, digest, at }: Pick<StoredSnapshot, 'dataset' | 'digest' | 'at'>,
  files: FileStore,
): Promise<boolean> {
  const folder = await solidBelow(root, folderOf(dataset, digest))
  if (files.place !== root) {
    for await (const { name } of files.list(`${folderOf(dataset, digest)}/`)) await files.remove(name)
  }
  const [now] = (await storedSnapshots(root, dataset)).filter(one => one.digest === digest)
  if (now === undefined || now.at !== at || now.needed.length > 0) return false
  await removeFolder(folder, digest)
  return true
}

/**
 * Removes near-duplicate indexes without a snapshot, and leftovers of killed removals and writes beside the snapshots of a
 * dataset.
 */
export async function sweepSnapshots(root: string, dataset: string, now: number): Promise<void> {
  const folder = await solidBelow(root, 'datasets', dataset)
  await sweepRemoved(folder)
  const indexes = await solidBelow(root, 'near-duplicates', dataset)
  for (const name of await readdir(indexes).catch(() => [])) {
    const digest = name.slice(0, 64)
    const isOrphan = isDigest(digest) && !(await exists(join(folder, digest)))
    if (isOrphan) await rm(join(indexes, name), { force: true })
  }
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/^latest\.json\.\d+-\d+\.tmp$/.test(name)) continue
    const facts = await stat(join(folder, name)).catch(() => null)
    if (facts && now - facts.mtimeMs > 3_600_000) await rm(join(folder, name), { force: true })
  }
}
