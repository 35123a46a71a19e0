import { randomUUID } from 'node:crypto'
import { rm, writeFile, lstat, readdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, dirname } from 'node:path'
import type { FileStore } from '../../adapters/storage/file-store.js'
import { noLonger } from '../../adapters/storage/shard-lines.js'
import { sha256 } from '../../domain/digest.js'
import { type Finding, ok, fail, together, warn } from './check.js'
import { workersFolder } from '../../adapters/workers/report-file.js'
import { type Late, type NodesReport, readNodesFiles, type TroubleReport } from '../../adapters/workers/nodes-file.js'
import { errorTable } from '../../domain/errors.js'
import { leastRecords } from '../../runtime/brake.js'
import { troubleOf } from '../render/trouble.js'
import { below } from '../../adapters/storage/below.js'
import { folderSize } from '../../adapters/storage/folder-size.js'
import { isPathBelow } from '../../domain/names.js'
import { size } from './units.js'

/**
 * Checks that shards can be stored: writes a small file to the bucket, then reads, lists and removes it.
 * @throws the errors of the store, with their codes
 */
export async function storageUsable(files: FileStore, remote: boolean): Promise<Finding> {
  if (!remote) return ok(`shards are kept in ${files.place}`)
  const name = `doctor/${randomUUID()}`
  const path = join(tmpdir(), name.replace('/', '-'))
  const text = 'written by steerflow doctor, which removes it\n'
  await writeFile(path, text)
  try {
    await files.put(path, name, { bytes: text.length, sha256: sha256(text) })
    for await (const _ of noLonger(files.read(name), { path: name, bytes: text.length }));
    for await (const _ of files.list(name)) break
    await files.remove(name)
  } finally {
    await rm(path, { force: true })
  }
  return ok(`shards can be written, read, listed and removed in ${files.place}`)
}

/** Checks that no node of the processes on a data folder is stuck. */
export const nodesGoOn = (root: string, read: typeof readNodesFiles = readNodesFiles): Finding =>
  together(read(workersFolder(root)).flatMap(found), 'no node of a running process is paused or waits')

function found({ worker, nodes }: NodesReport): Finding[] {
  return nodes.flatMap(({ node, troubles, late }) => [
    ...(troubles.length > 0 ? [stands(`${node} of ${worker}`, troubles)] : []),
    ...(late && isMuch(late) ? [manyLetters(`${node} of ${worker}`, late)] : []),
  ])
}

function stands(who: string, troubles: readonly TroubleReport[]): Finding {
  const said = `${who} ${troubleOf(troubles) ?? ''}`
  const paused = troubles.find(({ state }) => state === 'paused')
  const known: Readonly<Record<string, { readonly next: string }>> = errorTable
  const todo = known[(paused ?? troubles[0])!.code]?.next ?? 'Look at the log of the process.'
  return paused ? fail(said, todo) : warn(said, todo)
}

/** True if more than a tenth of the latest records became dead letters, given enough records. */
const isMuch = ({ records, letters }: Late): boolean => records >= leastRecords && letters * 10 > records

const manyLetters = (who: string, { records, letters }: Late): Finding =>
  warn(
    `${who} turned ${letters} of its last ${records} records into dead letters`,
    'Run `steerflow dead-letters summary`, repair the causes that it lists, then run `steerflow dead-letters replay`.',
  )

const oldest = [20, 19]

/** Checks the version of Node.js, such as `20.19.0`. */
export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0]! || (major === oldest[0] && minor >= oldest[1]!)) return ok(`Node.js ${version}`)
  return fail(`Node.js ${version} is too old`, `Install Node.js ${oldest.join('.')} or newer.`)
}

/** Number of folders and files to list; the rest is summed. */
const named = 8

/** Disk usage of the data folder, largest first, by top-level folder and file. */
export async function diskUse(root: string): Promise<Finding> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  const uses: { readonly name: string; readonly bytes: number; readonly whole: boolean }[] = []
  for (const entry of entries.filter(({ name }) => isPathBelow(name))) {
    const path = below(root, entry.name)
    if (entry.isDirectory()) uses.push({ name: `${entry.name}/`, ...(await folderSize(path)) })
    else uses.push({ name: entry.name, bytes: (await lstat(path).catch(() => null))?.size ?? 0, whole: true })
  }
  if (uses.length === 0) return ok(`nothing in ${root} yet`)
  const ordered = uses.toSorted((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))
  const sum = (of: typeof uses): number => of.reduce((total, { bytes }) => total + bytes, 0)
  const told = ordered.slice(0, named).map(({ name, bytes, whole }) => `${name} ${whole ? '' : 'over '}${size(bytes)}`)
  const rest = ordered.slice(named)
  const others = rest.length > 0 ? [`${rest.length} others ${size(sum(rest))}`] : []
  return ok(`${size(sum(uses))} in ${root}: ${[...told, ...others].join(', ')}`)
}

const least = { warn: 5 * 2 ** 30, fail: 256 * 2 ** 20 }

/** Checks the free space on the disk of a folder; a missing folder stands for its parent. */
export async function diskRoom(folder: string, look: typeof freeBytes = freeBytes): Promise<Finding> {
  const free = await look(folder)
  const detail = `${size(free)} free on the disk of ${folder}`
  const todo = 'Free space, or set dataDir to a folder on another disk.'
  if (free < least.fail) return fail(detail, todo)
  return free < least.warn ? warn(detail, todo) : ok(detail)
}

/** Bytes available to this user. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder === dirname(folder)) throw error
    return freeBytes(dirname(folder))
  }
}
