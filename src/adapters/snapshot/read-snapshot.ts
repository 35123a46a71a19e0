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

/** The part of a snapshot's `manifest.json` about its files; the rest describes the origin of the records. */
const SnapshotManifest = z.looseObject({
  ...Snapshot.shape,
  splits: z.strictObject({ train: Facts, validation: Facts }),
})
export type SnapshotManifest = z.output<typeof SnapshotManifest>

const LooseSnapshot = loosen(Snapshot)

/** True for names of snapshot folders, which are digests of the content. */
export const isDigest = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)

/** Size limit of a manifest in bytes; it lists every shard. */
const longestManifest = 256 << 20

/** The digests of all snapshots of a dataset below a storage root, sorted. */
export async function snapshotDigests(root: string, dataset: string): Promise<readonly string[]> {
  const names = await readdir(below(root, 'datasets', dataset)).catch(() => [])
  return names.filter(isDigest).sort()
}

/** Names of the datasets with a snapshot folder, sorted. */
export const snapshotDatasets = async (root: string): Promise<readonly string[]> =>
  (await readdir(join(root, 'datasets')).catch(() => [])).filter(name => isName(name)).sort()

/**
 * The snapshot of a dataset by the start of its digest; by default the latest.
 * @throws STEERFLOW_USAGE if none or several match
 */
export async function findSnapshot(root: string, dataset: string, digest?: string): Promise<SnapshotManifest> {
  const digests = await snapshotDigests(root, dataset)
  if (digests.length === 0) {
    const next = `see steerflow datasets list, or make one with steerflow datasets snapshot ${dataset}`
    throw new SteerflowError('STEERFLOW_USAGE', `dataset ${dataset} has no snapshot; ${next}`)
  }
  const wanted = digest ?? (await latestDigest(root, dataset))
  const found = digests.filter(name => name.startsWith(wanted))
  const [only] = found
  if (only !== undefined && found.length === 1) return readManifest(root, dataset, only)
  const problem = found.length === 0 ? 'no snapshot has' : `${found.length} snapshots have`
  throw new SteerflowError('STEERFLOW_USAGE', `${problem} a digest that starts with ${wanted}: ${digests.join(', ')}`)
}

const latestDigest = (root: string, dataset: string): Promise<string> =>
  storing(`read the latest snapshot of ${dataset}`, async () => {
    const path = below(root, 'datasets', dataset, 'latest.json')
    const { digest } = LooseSnapshot.parse(await readSmallJson(path))
    if (!isDigest(digest))
      throw new Error(`${path} names ${JSON.stringify(digest.slice(0, 80))}, which is not a digest`)
    return digest
  })

/** The manifest of a snapshot. @throws STEERFLOW_STORAGE */
export const readManifest = (root: string, dataset: string, digest: string): Promise<SnapshotManifest> =>
  storing(`read the snapshot ${digest} of ${dataset}`, async () => {
    const folder = `datasets/${dataset}/${digest}`
    const path = below(root, folder, 'manifest.json')
    const manifest = SnapshotManifest.parse(await readSmallJson(path, longestManifest))
    // An edited manifest, or one copied from another snapshot, must not describe these files.
    if (manifest.dataset !== dataset || manifest.digest !== digest || manifest.path !== folder) {
      throw new Error(`${path} belongs to ${manifest.path}`)
    }
    return manifest
  })

/**
 * The lines of a split, checked against the manifest on the way: reading to the end proves that the file is intact. `seen`
 * receives the number of bytes of each read.
 * @throws STEERFLOW_STORAGE
 */
export const snapshotLines = (
  root: string,
  manifest: SnapshotManifest,
  split: Split,
  seen?: (bytes: number) => void,
): Lines => linesOf(checkedBytes(root, manifest, split, seen))

/** `snapshotLines` as bytes. @throws STEERFLOW_STORAGE */
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
    throw new SteerflowError('STEERFLOW_STORAGE', `${file} differs from its manifest`)
  }
}
