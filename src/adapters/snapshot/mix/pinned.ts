import type { Split } from '../../../domain/conversation.js'
import type { Snapshot } from '../../../domain/job.js'
import { lineHead } from '../../../domain/line-head.js'
import { readManifest, snapshotByteLines } from '../read-snapshot.js'
import type { Records, Selected } from '../select.js'

/** Reads the records of a split of an earlier snapshot from the beginning at each call. */
export type Pinned = (split: Split) => Records

/**
 * The records of an earlier snapshot, which are sorted by id already, without trees forgotten since.
 * @throws STEERFLOW_STORAGE if the snapshot does not exist, and while reading if it is damaged
 */
export async function openPinned(root: string, snapshot: Snapshot, forgotten: ReadonlySet<string>): Promise<Pinned> {
  const manifest = await readManifest(root, snapshot.dataset, snapshot.digest)
  return async function* (split): Records {
    for await (const lines of snapshotByteLines(root, manifest, split)) {
      const records: Selected[] = []
      for (const line of lines) {
        const { id, tree } = lineHead(line)
        if (!forgotten.has(tree)) records.push({ id, split, line })
      }
      yield records
    }
  }
}
