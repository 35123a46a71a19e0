import type { Split } from '../../domain/conversation.js'
import { SteerflowError } from '../../domain/errors.js'
import type { ShardManifest } from '../../domain/shard.js'
import { treeVersion } from '../../domain/tree-version.js'
import type { FileStore } from '../storage/file-store.js'
import { lineHead } from '../../domain/line-head.js'
import { shardLines } from '../storage/shard-lines.js'
import { inOrder, type SortRoom } from './select/in-order.js'
import type { PlacedLine } from './select/placed.js'
import { TreeVersions } from './select/tree-versions.js'

/** A record of a snapshot. */
export interface Selected {
  readonly id: string
  readonly split: Split
  /** Without the line end. */
  readonly line: Buffer
}

/** Numbers of records left out, by rule. */
export interface LeftOut {
  /** Records of an older version of their tree. */
  superseded: number
  /** Records whose id another record has. */
  duplicates: number
  /** Records of a forgotten tree. */
  forgotten: number
}

export interface SelectOptions {
  readonly manifests: readonly ShardManifest[]
  /** Ids of the trees to leave out. */
  readonly forgotten: ReadonlySet<string>
  readonly room: SortRoom
}

/** Records of a snapshot, sorted by id, in batches. */
export type Records = AsyncIterable<readonly Selected[]>

/** The records of a snapshot; `leftOut` is complete once all of them have been read. */
export interface Selection {
  readonly records: Records
  readonly leftOut: Readonly<LeftOut>
}

/**
 * Selects the records of a snapshot, sorted by id, which is a stable shuffle. It depends only on the records:
 * - forgotten trees are left out;
 * - for a tree whose source record was ingested several times, the last version in the log counts (tree-version.ts); a tree
 * lies in one partition, so the last one is well defined;
 * - of several records with one id, the last of the tree counts; of equal paths in several trees, one.
 * Every shard is read once. Lines stay bytes: only their heads are parsed.
 */
export function select(files: FileStore, options: SelectOptions): Selection {
  const leftOut: LeftOut = { superseded: 0, duplicates: 0, forgotten: 0 }
  const versions = new TreeVersions()
  const bytes = options.manifests.reduce((sum, manifest) => sum + manifest.bytes, 0)
  const placed = inOrder(inLog(files, options, versions, leftOut), bytes, options.room)
  return { records: counted(placed, versions, leftOut), leftOut }
}

/** Every record of a tree that is not forgotten, in log order. */
async function* inLog(
  files: FileStore,
  { manifests, forgotten }: SelectOptions,
  versions: TreeVersions,
  leftOut: LeftOut,
): AsyncIterable<readonly PlacedLine[]> {
  let sequence = 0
  for (const manifest of inLogOrder(manifests)) {
    for await (const batch of shardLines(files, manifest)) {
      const kept: PlacedLine[] = []
      for (const line of batch) {
        const { id, tree, split, ...origin } = headOf(manifest, line)
        const version = treeVersion(origin)
        const ticket = version === null ? null : versions.note(tree, version)
        if (forgotten.has(tree)) leftOut.forgotten++
        else kept.push({ id, tree, version: ticket, sequence, split, line })
        sequence++
      }
      yield kept
    }
  }
}

/** The records that count, once all have been read: the last version of each tree, the first record of each id. */
async function* counted(
  placed: AsyncIterable<readonly PlacedLine[]>,
  versions: TreeVersions,
  leftOut: LeftOut,
): Records {
  for await (const batch of placed) {
    const kept: Selected[] = []
    let last: string | null = null
    for (const { id, version, split, line } of batch) {
      if (version !== null && !versions.isLast(version)) leftOut.superseded++
      else if (id === last) leftOut.duplicates++
      else {
        kept.push({ id, split, line })
        last = id
      }
    }
    yield kept
  }
}

/** Sorted by topic, partition and offset, so that the records of a partition keep log order. */
const inLogOrder = (manifests: readonly ShardManifest[]): readonly ShardManifest[] =>
  manifests.toSorted(
    (a, b) =>
      compare(a.topic, b.topic) ||
      a.partition - b.partition ||
      compare(BigInt(a.from), BigInt(b.from)) ||
      compare(a.path, b.path),
  )

const compare = <T extends string | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

function headOf(manifest: ShardManifest, line: Buffer): ReturnType<typeof lineHead> {
  try {
    return lineHead(line)
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_STORAGE', `${manifest.path} has a line that is not a record`, { cause })
  }
}
