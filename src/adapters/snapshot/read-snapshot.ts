import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Split } from '../../domain/conversation.js'
import { SteerflowError } from '../../domain/errors.js'
import { Snapshot } from '../../domain/job.js'
import { loosen } from '../../domain/loose.js'
import { isName } from '../../domain/names.js'
import { below } from '../storage/below.js'
import { digested } from '../storage/digested.js'
import { storing } from '../storage/durable.js'
import { localFolder } from '../storage/local-folder.js'
import { readSmallJson } from '../storage/small-file.js'
import { byteLines, linesOf, type Lines, noLonger } from '../storage/shard-lines.js'

const Facts = z.looseObject({
  records: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

/** What of a snapshot's `manifest.json` tells of its files; the rest tells where the records came from. */
const SnapshotManifest = z.looseObject({
  ...Snapshot.shape,
  splits: z.strictObject({ train: Facts, validation: Facts }),
})
export type SnapshotManifest = z.output<typeof SnapshotManifest>

const LooseSnapshot = loosen(Snapshot)

/** A snapshot's folder is called by the digest of its content. */
export const isDigest = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)

/** Bytes of the longest manifest: it names every shard. */
const longestManifest = 256 << 20

/** The digests of all snapshots of a dataset below a storage root, sorted. */
export async function snapshotDigests(root: string, dataset: string): Promise<readonly string[]> {
  const names = await readdir(below(root, 'datasets', dataset)).catch(() => [])
  return names.filter(isDigest).sort()
}

/** Names of the datasets that have a folder of snapshots, sorted. */
export const snapshotDatasets = async (root: string): Promise<readonly string[]> =>
  (await readdir(join(root, 'datasets')).catch(() => [])).filter(name => isName(name)).sort()

/**
 * The snapshot of a dataset whose digest begins so; without a digest, the latest.
 * @throws STEERFLOW_USAGE when there is none or several.
 */
export async function findSnapshot(root: string, dataset: string, digest?: string): Promise<SnapshotManifest> {
  const digests = await snapshotDigests(root, dataset)
  if (digests.length === 0) {
    const next = `see steerflow datasets list, or make one with steerflow datasets snapshot ${dataset}`
    throw new SteerflowError('STEERFLOW_USAGE', `there is no snapshot of a dataset ${dataset}; ${next}`)
  }
  const wanted = digest ?? (await latestDigest(root, dataset))
  const found = digests.filter(name => name.startsWith(wanted))
  const [only] = found
  if (only !== undefined && found.length === 1) return readManifest(root, dataset, only)
  const problem = found.length === 0 ? 'no snapshot has' : `${found.length} snapshots have`
  throw new SteerflowError('STEERFLOW_USAGE', `${problem} a digest that begins with ${wanted}: ${digests.join(', ')}`)
}

const latestDigest = (root: string, dataset: string): Promise<string> =>
  storing(`read the latest snapshot of ${dataset}`, async () => {
    const path = below(root, 'datasets', dataset, 'latest.json')
    const { digest } = LooseSnapshot.parse(await readSmallJson(path))
    if (!isDigest(digest)) throw new Error(`${path} names ${JSON.stringify(digest.slice(0, 80))}, which is no digest`)
    return digest
  })

/** The manifest of a snapshot. @throws STEERFLOW_STORAGE */
export const readManifest = (root: string, dataset: string, digest: string): Promise<SnapshotManifest> =>
  storing(`read the snapshot ${digest} of ${dataset}`, async () => {
    const folder = `datasets/${dataset}/${digest}`
    const path = below(root, folder, 'manifest.json')
    const manifest = SnapshotManifest.parse(await readSmallJson(path, longestManifest))
    // Edited, or copied from another snapshot: what it says of its files would be believed of others.
    if (manifest.dataset !== dataset || manifest.digest !== digest || manifest.path !== folder) {
      throw new Error(`${path} says that it is of ${manifest.path}`)
    }
    return manifest
  })

/**
 * The lines of a split, checked against the manifest: whoever reads to the end has read what was materialised. `seen` is
 * told the bytes of each read.
 * @throws STEERFLOW_STORAGE
 */
export const snapshotLines = (
  root: string,
  manifest: SnapshotManifest,
  split: Split,
  seen?: (bytes: number) => void,
): Lines => linesOf(checkedBytes(root, manifest, split, seen))

/** The same as bytes. @throws STEERFLOW_STORAGE */
export const snapshotByteLines = (
  root: string,
  manifest: SnapshotManifest,
  split: Split,
): AsyncIterable<readonly Buffer[]> => byteLines(checkedBytes(root, manifest, split))

async function* checkedBytes(
  root: string,
  { path, splits }: SnapshotManifest,
  split: Split,
  seen?: (bytes: number) => void,
): AsyncIterable<Buffer> {
  const file = `${path}/${split}.jsonl`
  const { bytes } = splits[split]
  const pieces = digested(noLonger(localFolder(root).read(file), { path: file, bytes }), bytes)
  for await (const piece of pieces) {
    seen?.(piece.byteLength)
    yield piece
  }
  if ((await pieces.sha256()) !== splits[split].sha256) {
    throw new SteerflowError('STEERFLOW_STORAGE', `${file} is not what was materialised`)
  }
}
