import type { Split } from '../../domain/conversation.js'
import type { Snapshot } from '../../domain/job.js'
import {
  readManifest,
  snapshotDatasets,
  snapshotDigests,
  snapshotLines,
  type SnapshotManifest,
} from './read-snapshot.js'

/** A snapshot with records of a tree. */
export interface Eaten {
  readonly snapshot: Snapshot
  /** Number of the tree's records in each split. */
  readonly records: Readonly<Record<Split, number>>
}

/** The manifests of all snapshots in a data folder, or of those of one dataset. */
export async function allSnapshots(root: string, dataset: string | null): Promise<readonly SnapshotManifest[]> {
  const found: SnapshotManifest[] = []
  for (const name of dataset === null ? await snapshotDatasets(root) : [dataset]) {
    for (const digest of await snapshotDigests(root, name)) found.push(await readManifest(root, name, digest))
  }
  return found
}

/**
 * Counts the records of a tree in a snapshot; null if there are none.
 * @throws STEERFLOW_STORAGE if a file is damaged
 */
export async function findTree(
  root: string,
  manifest: SnapshotManifest,
  tree: string,
  onRead: (bytes: number) => void,
): Promise<Eaten | null> {
  // Quotes inside texts are escaped, so this always matches a key with its value, never the text of a turn.
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
