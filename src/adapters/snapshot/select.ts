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

/** A record that a snapshot holds. */
export interface Selected {
  readonly id: string
  readonly split: Split
  /** Without the line end. */
  readonly line: Buffer
}

/** Records that were left out, by the rule that did it. */
export interface LeftOut {
  /** Of an older version of their tree. */
  superseded: number
  /** Of an id that another record has. */
  duplicates: number
  /** Of a tree that is to be forgotten. */
  forgotten: number
}

export interface SelectOptions {
  readonly manifests: readonly ShardManifest[]
  /** Ids of the trees that are left out. */
  readonly forgotten: ReadonlySet<string>
  readonly room: SortRoom
}

/** Records of a snapshot in the order of their ids, in batches. */
export type Records = AsyncIterable<readonly Selected[]>

/** The records of a snapshot; what was left out is known when all of them have been read. */
export interface Selection {
  readonly records: Records
  readonly leftOut: Readonly<LeftOut>
}

/**
 * The records of a snapshot in order of their id, which is a stable shuffle, as a function of the records alone:
 * - trees that are to be forgotten are left out;
 * - of a tree whose source record came several times, the version that stands last in the log counts (tree-version.ts);
 *   a tree lies in one partition, so that there is a last one;
 * - of several records with one id, the last of the tree counts; of equal paths in several trees, one.
 * Every shard is read once. Lines stay bytes: of each only its head is parsed.
 */
export function select(files: FileStore, options: SelectOptions): Selection {
  const leftOut: LeftOut = { superseded: 0, duplicates: 0, forgotten: 0 }
  const versions = new TreeVersions()
  const bytes = options.manifests.reduce((sum, manifest) => sum + manifest.bytes, 0)
  const placed = inOrder(inLog(files, options, versions, leftOut), bytes, options.room)
  return { records: counted(placed, versions, leftOut), leftOut }
}

/** Every record that is not to be forgotten, in the order of the log. */
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

/** Those that count, once all have been seen: of each tree the last version, of each id the first. */
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

/** By topic, partition, and offset: within a partition as the records stand in the log. */
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
    throw new SteerflowError('STEERFLOW_STORAGE', `${manifest.path} holds a line that is no record`, { cause })
  }
}
