import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { shardName } from '../../domain/shard-name.js'
import type { ShardManifest } from '../../domain/shard.js'
import type { CutStart, ShardCut, ShardKey, ShardStore } from '../../stages/needs.js'
import { storing } from './durable.js'
import type { FileStore } from './file-store.js'
import { type FileFacts, LineFile } from './line-file.js'
import { localFolder } from './local-folder.js'
import { openSpool } from './spool.js'

/** An open file of a cut. */
interface Open extends ShardKey {
  readonly file: LineFile
  /** Its facts once it is finished; sealing may be retried after that. */
  facts: FileFacts | null
}

const nameOf = ({ dataset, split, attributeSet }: ShardKey): string => `${dataset} ${split} ${attributeSet}`

/** The open files of one cut: spool → fsync → final name in a store. */
export class StoredCut implements ShardCut {
  records = 0
  bytes = 0
  readonly #files = new Map<string, Open>()

  constructor(
    private readonly store: FileStore,
    private readonly spool: string,
    private readonly start: CutStart,
  ) {}

  async append(key: ShardKey, line: string): Promise<void> {
    const file = this.#files.get(nameOf(key))?.file ?? (await this.#opened(key))
    const before = file.bytes
    file.add(line)
    this.records++
    this.bytes += file.bytes - before
    if (file.isFull) await storing(`write ${file.path}`, () => file.write())
  }

  async seal(to: bigint): Promise<readonly Omit<ShardManifest, 'reason'>[]> {
    const { version, topic, partition, from, signal } = this.start
    const manifests: Omit<ShardManifest, 'reason'>[] = []
    // All files are finished before the first gets its name, so a full disk leaves nothing behind.
    const finished = await Promise.allSettled(this.#inOrder().map(open => this.#finish(open)))
    for (const one of finished) if (one.status === 'rejected') throw one.reason as Error
    for (const { dataset, split, attributeSet, file, facts } of this.#inOrder()) {
      if (facts === null) continue
      const path = shardName({ dataset, split, topic, partition, from }, facts.sha256)
      await this.store.put(file.path, path, facts, signal && { signal })
      const place = { dataset, version, split, path, topic, partition, from: `${from}`, to: `${to}` }
      manifests.push({ ...place, ...facts, attribute_set: attributeSet })
    }
    await this.drop()
    return manifests
  }

  async drop(): Promise<void> {
    const files = [...this.#files.values()]
    this.#files.clear()
    await storing(`remove unsealed shards from ${this.spool}`, async () => {
      for (const { file, facts } of files) if (facts === null) await file.abandon()
      await rm(this.spool, { recursive: true, force: true })
    })
  }

  async #finish(open: Open): Promise<void> {
    open.facts ??= await storing(`finish ${open.file.path}`, () => open.file.finish())
  }

  async #opened(key: ShardKey): Promise<LineFile> {
    const path = join(this.spool, `${this.#files.size}.jsonl`)
    const file = await storing(`write ${path}`, () => LineFile.create(path))
    this.#files.set(nameOf(key), { ...key, file, facts: null })
    return file
  }

  /** Sorted by dataset, validation before train, as ShardCut promises. */
  #inOrder(): readonly Open[] {
    const rank = ({ dataset, split, attributeSet }: ShardKey) =>
      `${dataset} ${split === 'validation' ? 0 : 1} ${attributeSet}`
    return [...this.#files.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
  }
}

/**
 * Shards: written in the spool of the data folder, then stored in `files` (default: the data folder itself).
 * @throws STEERFLOW_STORAGE if the data folder cannot be used
 */
export async function openShards(root: string, files: FileStore = localFolder(root)): Promise<ShardStore> {
  const spool = await openSpool(root)
  return { begin: async (start: CutStart) => new StoredCut(files, await spool.folder('cut'), start) }
}
