import { z } from 'zod'
import { Split } from '../../domain/conversation.js'
import { digest } from '../../domain/digest.js'
import { SteerflowError } from '../../domain/errors.js'
import { type ShardManifest } from '../../domain/shard.js'
import { treeVersion } from '../../domain/tree-version.js'
import { type FileStore } from '../storage/file-store.js'
import { type Lines, shardLines } from '../storage/shard-lines.js'
import { sortLines, type SortRoom } from './sort-lines.js'

/** A record that a snapshot holds. */
export interface Selected {
  readonly split: Split
  readonly line: string
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

/** The records of a snapshot; what was left out is known when all of them have been read. */
export interface Selection {
  readonly records: AsyncIterable<readonly Selected[]>
  readonly leftOut: Readonly<LeftOut>
}

/** What of a shard line decides on its place; the rest is carried as it is. */
const Head = z.looseObject({
  tree_id: z.string(),
  steerflow: z.looseObject({
    id: z.string(),
    split: Split,
    origin: z.string(),
    lineage: z.looseObject({ source: z.string(), line: z.number() }),
  }),
})

/** Fields of a line to be sorted; no field but the last holds a tab. */
const fields = (...parts: readonly string[]): string => parts.join('\t')

function split(text: string, count: number): string[] {
  const parts: string[] = []
  let from = 0
  while (parts.length < count - 1) {
    const to = text.indexOf('\t', from)
    parts.push(text.slice(from, to))
    from = to + 1
  }
  return [...parts, text.slice(from)]
}

/**
 * The records of a snapshot in order of their id, which is a stable shuffle, as a function of the records alone:
 * - trees that are to be forgotten are left out;
 * - of a tree whose source record came several times, the version that stands last in the log counts (tree-version.ts);
 *   a tree lies in one partition, so that there is a last one;
 * - of several records with one id, the last of the tree counts; of equal paths in several trees, one.
 * Two external sorts keep the memory flat: by tree, to find the last version, then by id.
 */
export function select(files: FileStore, options: SelectOptions): Selection {
  const leftOut: LeftOut = { superseded: 0, duplicates: 0, forgotten: 0 }
  const { room } = options
  const byTree = sortLines(latestFirst(files, options, leftOut), { ...room, folder: `${room.folder}/by-tree` })
  const byId = sortLines(newestVersions(byTree, leftOut), { ...room, folder: `${room.folder}/by-id` })
  return { records: firstOfEach(byId, leftOut), leftOut }
}

/** The first record of each id. */
async function* firstOfEach(byId: Lines, leftOut: LeftOut): Selection['records'] {
  let last: string | null = null
  for await (const batch of byId) {
    const kept: Selected[] = []
    for (const text of batch) {
      const [id, , , name, line] = split(text, 5) as [string, string, string, Split, string]
      if (id === last) leftOut.duplicates++
      else kept.push({ split: name, line })
      last = id
    }
    yield kept
  }
}

/** Lines that sort by tree, the last in the log first: tree, age, version, id, split, line. */
async function* latestFirst(files: FileStore, { manifests, forgotten }: SelectOptions, leftOut: LeftOut): Lines {
  let sequence = 0
  for (const manifest of inLogOrder(manifests)) {
    for await (const batch of shardLines(files, manifest)) {
      const kept: string[] = []
      for (const line of batch) {
        const { tree_id, steerflow } = headOf(manifest, line)
        const age = String(Number.MAX_SAFE_INTEGER - sequence++)
        const id = JSON.stringify(steerflow.id)
        if (forgotten.has(tree_id)) leftOut.forgotten++
        else kept.push(fields(digest(tree_id), age, treeVersion(steerflow) ?? '', id, steerflow.split, line))
      }
      yield kept
    }
  }
}

/** Leaves out the records of older versions; the rest sorts by id: id, tree, age, split, line. */
async function* newestVersions(lines: Lines, leftOut: LeftOut): Lines {
  let current = ''
  let newest = ''
  for await (const batch of lines) {
    const kept: string[] = []
    for (const text of batch) {
      const [tree, age, version, id, name, line] = split(text, 6) as [string, string, string, string, string, string]
      if (current !== tree) newest = ''
      current = tree
      newest ||= version
      if (version !== '' && version !== newest) leftOut.superseded++
      else kept.push(fields(id, tree, age, name, line))
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

function headOf(manifest: ShardManifest, line: string): z.output<typeof Head> {
  try {
    return Head.parse(JSON.parse(line))
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_STORAGE', `${manifest.path} holds a line that is no record`, { cause })
  }
}
