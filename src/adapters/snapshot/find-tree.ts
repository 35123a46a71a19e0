import type { Split } from '../../domain/conversation.js'
import type { Snapshot } from '../../domain/job.js'
import {
  readManifest,
  snapshotDatasets,
  snapshotDigests,
  snapshotLines,
  type SnapshotManifest,
} from './read-snapshot.js'

/** A snapshot that holds records of a tree. */
export interface Eaten {
  readonly snapshot: Snapshot
  /** Records of the tree in each split. */
  readonly records: Readonly<Record<Split, number>>
}

/** The manifests of all snapshots below a data folder, or of those of one dataset. */
export async function allSnapshots(root: string, dataset: string | null): Promise<readonly SnapshotManifest[]> {
  const found: SnapshotManifest[] = []
  for (const name of dataset === null ? await snapshotDatasets(root) : [dataset]) {
    for (const digest of await snapshotDigests(root, name)) found.push(await readManifest(root, name, digest))
  }
  return found
}

/**
 * Counts the records of a tree in a snapshot; null where it has none.
 * @throws STEERFLOW_STORAGE when a file is not what was materialised
 */
export async function findTree(
  root: string,
  manifest: SnapshotManifest,
  tree: string,
  onRead: (bytes: number) => void,
): Promise<Eaten | null> {
  // Quotes within a text are escaped, so that these characters are a key and its value, and never words of a turn.
  const mark = `"tree_id": ${JSON.stringify(tree)}`
  const records = { train: 0, validation: 0 }
  for (const split of ['train', 'validation'] as const) {
    for await (const lines of snapshotLines(root, manifest, split, onRead)) {
      for (const line of lines) if (line.includes(mark)) records[split]++
    }
  }
  const { dataset, digest, path, train, validation, attribute_set } = manifest
  if (records.train + records.validation === 0) return null
  return { snapshot: { dataset, digest, path, train, validation, attribute_set }, records }
}
