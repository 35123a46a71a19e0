import { access, mkdir, rename, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { attributeSet, type AttributeSet } from '../../domain/attributes.js'
import { digest, sha256 } from '../../domain/digest.js'
import { type Snapshot } from '../../domain/job.js'
import { liveManifests, type ShardManifest } from '../../domain/shard.js'
import { type Snapshots } from '../../stages/needs.js'
import { makeFolder, storing, syncFolder, writeDurably } from '../storage/durable.js'
import { type FileStore } from '../storage/file-store.js'
import { type FileFacts, LineFile } from '../storage/line-file.js'
import { localFolder } from '../storage/local-folder.js'
import { openSpool } from '../storage/spool.js'
import { datasetCard } from './card.js'
import { type LeftOut, select } from './select.js'
import { type SortRoom } from './sort-lines.js'

export interface SnapshotOptions {
  /** The data folder; snapshots are written below it. */
  readonly root: string
  /** Where shards are; the data folder unless told otherwise. */
  readonly files?: FileStore
  /** Attribute sets beyond those known by name. */
  readonly attributeSets?: readonly AttributeSet[]
  /** Characters of lines that each of the two sorts holds in memory. */
  readonly sortCharacters?: number
}

interface Written {
  readonly train: FileFacts
  readonly validation: FileFacts
  readonly leftOut: LeftOut
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/**
 * Snapshots as folders `datasets/<name>/<digest>` with `train.jsonl`, `validation.jsonl`, `README.md` (the dataset card),
 * `manifest.json` (the shards it came from) and `SHA256SUMS`; beside them `latest.json`, and for people the link
 * `latest`.
 * @throws STEERFLOW_STORAGE when the root cannot be used.
 */
export async function openSnapshots(options: SnapshotOptions): Promise<Snapshots> {
  const root = resolve(options.root)
  const files = options.files ?? localFolder(root)
  const spool = await openSpool(root)
  const characters = options.sortCharacters ?? 16 << 20

  const materialise = async (dataset: string, manifests: readonly ShardManifest[]): Promise<Snapshot> => {
    const live = liveManifests(manifests)
    const names = [...new Set(live.map(manifest => manifest.attribute_set))].sort()
    const sets = names.map(name => attributeSet(name, options.attributeSets))
    const room = await spool.folder('snapshot')
    try {
      const folder = join(room, 'content')
      await mkdir(folder)
      const sorting = { folder: join(room, 'sort'), characters }
      const written = await writeRecords(files, folder, live, sorting)
      const content = digest(written.train.sha256, written.validation.sha256)
      const snapshot: Snapshot = {
        dataset,
        digest: content,
        path: `datasets/${dataset}/${content}`,
        train: written.train.records,
        validation: written.validation.records,
        attribute_set: names.join(', '),
      }
      await describe(folder, snapshot, written, live, datasetCard(snapshot, sets))
      await publish(root, folder, snapshot)
      return snapshot
    } finally {
      await rm(room, { recursive: true, force: true })
    }
  }
  return {
    materialise: (dataset, manifests) =>
      storing(`materialise a snapshot of ${dataset}`, () => materialise(dataset, manifests)),
  }
}

async function writeRecords(
  store: FileStore,
  folder: string,
  manifests: readonly ShardManifest[],
  room: SortRoom,
): Promise<Written> {
  const leftOut: LeftOut = { superseded: 0, duplicates: 0 }
  const files = {
    train: await LineFile.create(join(folder, 'train.jsonl')),
    validation: await LineFile.create(join(folder, 'validation.jsonl')),
  }
  try {
    for await (const batch of select(store, manifests, room, leftOut)) {
      for (const { split, line } of batch) await files[split].append(line)
    }
    return { train: await files.train.finish(), validation: await files.validation.finish(), leftOut }
  } finally {
    await files.train.abandon()
    await files.validation.abandon()
  }
}

/** Writes what tells of the records: the card, the manifest, and the checksums of all files. */
async function describe(
  folder: string,
  snapshot: Snapshot,
  { train, validation, leftOut }: Written,
  shards: readonly ShardManifest[],
  card: string,
): Promise<void> {
  const manifest = json({ ...snapshot, splits: { train, validation }, left_out: leftOut, shards })
  const sums = [
    [sha256(card), 'README.md'],
    [sha256(manifest), 'manifest.json'],
    [train.sha256, 'train.jsonl'],
    [validation.sha256, 'validation.jsonl'],
  ]
  await writeDurably(join(folder, 'README.md'), card)
  await writeDurably(join(folder, 'manifest.json'), manifest)
  await writeDurably(join(folder, 'SHA256SUMS'), sums.map(([sum, name]) => `${sum}  ${name}\n`).join(''))
}

/** Moves the folder to its final name, unless it is there from before, and points `latest` at it. */
async function publish(root: string, folder: string, snapshot: Snapshot): Promise<void> {
  const dataset = join(root, 'datasets', snapshot.dataset)
  await makeFolder(dataset)
  const target = join(root, snapshot.path)
  const exists = await access(target).then(
    () => true,
    () => false,
  )
  if (!exists) await rename(folder, target)
  await syncFolder(dataset)
  await writeDurably(join(dataset, 'latest.json'), json(snapshot))
  // A link cannot be replaced in one step but by renaming another over it.
  const link = `${folder}-latest`
  await symlink(snapshot.digest, link)
  await rename(link, join(dataset, 'latest'))
}
