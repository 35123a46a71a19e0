import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { attributeSet, type AttributeSet } from '../../domain/attributes.js'
import { typedFeatures } from '../../domain/dataset/features.js'
import type { Round } from '../../domain/bootstrap/round.js'
import { digest } from '../../domain/digest.js'
import type { Snapshot } from '../../domain/job.js'
import { liveManifests, type ShardManifest } from '../../domain/shard.js'
import type { Snapshots } from '../../stages/needs.js'
import { below } from '../storage/below.js'
import { storing } from '../storage/durable.js'
import type { FileStore } from '../storage/file-store.js'
import { type FileFacts, LineFile } from '../storage/line-file.js'
import { localFolder } from '../storage/local-folder.js'
import { openSpool } from '../storage/spool.js'
import { fileName, type Form, forms, parquetFolder, writeForms } from './data-files.js'
import { describe } from './describe.js'
import { openPinned } from './mix/pinned.js'
import { type Mixed, type MixFacts, mixed } from './mix/round-mix.js'
import { keepCopy, publish } from './publish.js'
import { type LeftOut, select, type Selection } from './select.js'

/** Formats of a snapshot in addition to JSON lines, and its licence. */
export interface SnapshotExtras {
  readonly gzip: boolean
  readonly parquet: boolean
  /** Licence of the records, for the card; empty: not stated. */
  readonly license: string
}

export interface SnapshotOptions {
  /** The data folder; snapshots are written below it. */
  readonly root: string
  /** Store of the shards, and of copies of snapshots; default: the data folder. */
  readonly files?: FileStore
  /** Attribute sets in addition to the built-in ones. */
  readonly attributeSets?: readonly AttributeSet[]
  /** Extras of a dataset's snapshots; default: none. */
  readonly extras?: (dataset: string) => SnapshotExtras
  /** The forgotten trees of a dataset. */
  readonly forgotten?: (dataset: string) => Promise<ReadonlySet<string>>
  /** The round whose answers are in a dataset; null for other datasets. Default: null. */
  readonly roundOf?: (dataset: string) => Promise<Pick<Round, 'round' | 'snapshot' | 'plan'> | null>
  /** Bytes of records to sort in memory (64 MiB); more are sorted in files. */
  readonly sortBytes?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

const splits = ['train', 'validation'] as const

/** More would save a second for each 200 MB, and make the memory of a worker grow with its dataset for longer. */
const usualSortBytes = 64 << 20

const noExtras: SnapshotExtras = { gzip: false, parquet: false, license: '' }

interface Written {
  readonly train: FileFacts
  readonly validation: FileFacts
  readonly leftOut: LeftOut
  /** Composition of a round's data. */
  readonly mix: MixFacts | null
}

/**
 * Snapshots as folders `datasets/<name>/<digest>` with `train.jsonl`, `validation.jsonl`, the same as gzip and Parquet if
 * requested, `README.md` (the dataset card), `croissant.json`, `manifest.json` (with the shards) and `SHA256SUMS`; beside
 * them `latest.json` and, for people, the link `latest`. The digest depends only on the records.
 * @throws STEERFLOW_STORAGE if the root cannot be used
 */
export async function openSnapshots(options: SnapshotOptions): Promise<Snapshots> {
  const root = resolve(options.root)
  const files = options.files ?? localFolder(root)
  const spool = await openSpool(root)
  const now = options.now ?? Date.now

  const forgottenBy = async (datasets: readonly string[]): Promise<ReadonlySet<string>> =>
    new Set((await Promise.all(datasets.map(async name => [...((await options.forgotten?.(name)) ?? [])]))).flat())

  const materialise = async (dataset: string, manifests: readonly ShardManifest[]): Promise<Snapshot> => {
    const live = liveManifests(manifests)
    const round = (await options.roundOf?.(dataset)) ?? null
    const replayed = round === null ? [] : round.snapshot.attribute_set.split(', ').filter(name => name !== '')
    const names = [...new Set([...live.map(manifest => manifest.attribute_set), ...replayed])].sort()
    const sets = names.map(name => attributeSet(name, options.attributeSets))
    const forgotten = await forgottenBy(round === null ? [dataset] : [dataset, round.snapshot.dataset])
    const extras = options.extras?.(dataset) ?? noExtras
    const room = await spool.folder('snapshot')
    try {
      const folder = join(room, 'content')
      await mkdir(folder)
      const sorting = { folder: join(room, 'sort'), bytes: options.sortBytes ?? usualSortBytes }
      const sealed = (): Selection => select(files, { manifests: live, forgotten, room: sorting })
      const records =
        round === null ? sealed() : await mixed(round, sealed, await openPinned(root, round.snapshot, forgotten))
      const written = await writeRecords(folder, records)
      const snapshot = snapshotOf(dataset, written, names)
      const wanted = formsOf(extras, below(root, snapshot.path))
      if (wanted.includes('parquet') && snapshot.train + snapshot.validation > 0)
        await mkdir(join(folder, parquetFolder))
      const made = [
        ...(await writeForms(folder, 'train', written.train, wanted, typedFeatures(sets))),
        ...(await writeForms(folder, 'validation', written.validation, wanted, typedFeatures(sets))),
      ]
      const published = { at: new Date(now()).toISOString(), license: extras.license }
      const { leftOut, mix } = written
      await describe(folder, { snapshot, sets, files: made, leftOut, mix, shards: live, published })
      await publish(root, room, folder, snapshot)
      if (files.place !== root) await keepCopy(root, room, snapshot, files)
      return snapshot
    } finally {
      await rm(room, { recursive: true, force: true })
    }
  }
  return {
    materialise: (dataset, manifests) =>
      storing(`materialise a snapshot of ${dataset} in ${root}`, () => materialise(dataset, manifests)),
  }
}

/** The requested formats, and those in which the same records exist from an earlier run. */
const formsOf = (extras: SnapshotExtras, earlier: string): readonly Form[] =>
  forms.filter(
    form => form === 'jsonl' || extras[form] || splits.some(split => existsSync(join(earlier, fileName(split, form)))),
  )

const snapshotOf = (dataset: string, { train, validation }: Written, sets: readonly string[]): Snapshot => {
  const content = digest(train.sha256, validation.sha256)
  return {
    dataset,
    digest: content,
    path: `datasets/${dataset}/${content}`,
    train: train.records,
    validation: validation.records,
    attribute_set: sets.join(', '),
  }
}

async function writeRecords(folder: string, from: Selection | Mixed): Promise<Written> {
  const files = {
    train: await LineFile.create(join(folder, fileName('train', 'jsonl'))),
    validation: await LineFile.create(join(folder, fileName('validation', 'jsonl'))),
  }
  try {
    for await (const batch of from.records) {
      for (const { split, line } of batch) {
        files[split].addBytes(line)
        if (files[split].isFull) await files[split].write()
      }
    }
    const written = { train: await files.train.finish(), validation: await files.validation.finish() }
    return { ...written, leftOut: from.leftOut, mix: 'mix' in from ? from.mix : null }
  } finally {
    await files.train.abandon()
    await files.validation.abandon()
  }
}
