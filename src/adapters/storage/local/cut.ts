import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Split } from '../../../domain/conversation.js'
import { type ShardManifest } from '../../../domain/shard.js'
import { type CutStart, type ShardCut } from '../../../stages/needs.js'
import { makeFolder, storing, syncFolder } from '../durable.js'
import { type FileFacts, LineFile } from '../line-file.js'

interface Key {
  readonly split: Split
  readonly attributeSet: string
}

/** Where a sealed file lies, below the storage root. The digest tells apart files of cuts that began at the same offset. */
const finalPath = ({ dataset, topic, partition, from }: CutStart, split: Split, { sha256 }: FileFacts): string =>
  `shards/${dataset}/${split}/${topic}-${partition}-${from}-${sha256.slice(0, 16)}.jsonl`

/** The open files of one cut: spool → fsync → final name → fsync of the folders. */
export class LocalCut implements ShardCut {
  records = 0
  bytes = 0
  readonly attributeSets = new Set<string>()
  readonly #files = new Map<string, Key & { readonly file: LineFile }>()

  constructor(
    private readonly root: string,
    private readonly spool: string,
    private readonly start: CutStart,
  ) {}

  async append(key: Key, line: string): Promise<void> {
    const file = await this.#fileOf(key)
    const before = file.bytes
    await storing(`write ${file.path}`, () => file.append(line))
    this.records++
    this.bytes += file.bytes - before
    this.attributeSets.add(key.attributeSet)
  }

  async seal(to: bigint): Promise<readonly Omit<ShardManifest, 'reason'>[]> {
    const { dataset, version, topic, partition, from } = this.start
    return storing(`seal a cut of ${topic}`, async () => {
      const manifests: Omit<ShardManifest, 'reason'>[] = []
      for (const { split, attributeSet, file } of this.#inOrder()) {
        const facts = await file.finish()
        const path = finalPath(this.start, split, facts)
        await makeFolder(dirname(join(this.root, path)))
        await rename(file.path, join(this.root, path))
        await syncFolder(dirname(join(this.root, path)))
        const place = { dataset, version, split, path, topic, partition, from: `${from}`, to: `${to}` }
        manifests.push({ ...place, ...facts, attribute_set: attributeSet })
      }
      this.#files.clear()
      await this.drop()
      return manifests
    })
  }

  async drop(): Promise<void> {
    const files = [...this.#files.values()]
    this.#files.clear()
    await storing('remove unsealed shards', async () => {
      for (const { file } of files) await file.abandon()
      await rm(this.spool, { recursive: true, force: true })
    })
  }

  async #fileOf(key: Key): Promise<LineFile> {
    const name = `${key.split} ${key.attributeSet}`
    const open = this.#files.get(name)
    if (open) return open.file
    const file = await storing('open a shard', () => LineFile.create(join(this.spool, `${this.#files.size}.jsonl`)))
    this.#files.set(name, { ...key, file })
    return file
  }

  /** Validation before train, as ShardCut promises. */
  #inOrder() {
    const rank = ({ split, attributeSet }: Key) => `${split === 'validation' ? 0 : 1} ${attributeSet}`
    return [...this.#files.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
  }
}
