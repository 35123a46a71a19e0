import { execFileSync } from 'node:child_process'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { FileStore } from '../../../src/adapters/storage/file-store.js'
import { localFolder } from '../../../src/adapters/storage/local-folder.js'
import { openSnapshots, type SnapshotOptions } from '../../../src/adapters/snapshot/snapshots.js'
import { sha256 } from '../../../src/domain/digest.js'
import { conversationLine } from '../../../src/domain/conversation-line.js'
import { type Conversation, Provenance } from '../../../src/domain/conversation.js'
import type { Snapshot } from '../../../src/domain/job.js'
import { seal } from '../../support/sealed.js'
import { conversation } from '../../support/training.js'
import { temporaryFolder } from '../../support/temporary.js'

async function materialise(
  partitions: readonly (readonly Conversation[])[],
  every?: number,
  options: Partial<SnapshotOptions> = {},
) {
  const root = await temporaryFolder()
  const manifests = await seal(root, partitions, every)
  const snapshots = await openSnapshots({ root, sortBytes: 2000, ...options })
  const snapshot = await snapshots.materialise('d', manifests)
  return { root, manifests, snapshots, snapshot }
}

const read = (root: string, snapshot: Snapshot, name: string) => readFile(join(root, snapshot.path, name), 'utf8')
const idsOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => (JSON.parse(line) as Conversation).steerflow.id)

/** Trees record by record in turn; each keeps its order. */
const interleaved = (trees: readonly (readonly Conversation[])[]): Conversation[] => {
  const longest = Math.max(0, ...trees.map(tree => tree.length))
  return Array.from({ length: longest }, (_, at) => trees.flatMap(tree => tree[at] ?? [])).flat()
}

describe('a snapshot', () => {
  it('holds the records in the order of their id, split from split', async () => {
    const records = ['c', 'a', 'd', 'b'].map(id => conversation(id, { split: id === 'a' ? 'validation' : 'train' }))
    const { root, snapshot } = await materialise([records])
    expect(snapshot).toMatchObject({ dataset: 'd', train: 3, validation: 1, attribute_set: 'oasst-12-lang@1' })
    expect(snapshot.path).toBe(`datasets/d/${snapshot.digest}`)
    expect(idsOf(await read(root, snapshot, 'train.jsonl'))).toEqual(['b', 'c', 'd'])
    expect(await read(root, snapshot, 'validation.jsonl')).toBe(`${conversationLine(records[1]!)}\n`)
  })

  it('is a function of the records, however they were cut, interleaved and repeated', async () => {
    // Trees in up to three versions, each of which has paths of its own and some of the last; some texts in two trees.
    const trees = Array.from({ length: 12 }, (_, tree) =>
      Array.from({ length: (tree % 3) + 1 }, (_, version) =>
        Array.from({ length: ((tree + version) % 3) + 1 }, (_, path) =>
          conversation(`${(tree * 7) % 11}-${version * (path % 2)}-${path}`, {
            tree: `t${tree}`,
            split: tree % 5 ? 'train' : 'validation',
            line: version + 1,
            text: `version ${version} of tree ${tree}`,
            scores: [null, { quality: version }],
          }),
        ),
      ).flat(),
    )
    const extras = () => ({ gzip: true, parquet: true, license: '' })
    const files = [
      'train.jsonl',
      'validation.jsonl',
      'README.md',
      'train.jsonl.gz',
      'parquet/train.parquet',
      'parquet/validation.parquet',
    ]
    const bytesOf = async ({ root, snapshot }: { root: string; snapshot: Snapshot }) =>
      Promise.all(files.map(async name => sha256(await readFile(join(root, snapshot.path, name)))))
    const first = await materialise([trees.flat()], 1000, { extras, sortBytes: 1 << 20 })
    const bytes = await bytesOf(first)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(trees, { minLength: trees.length }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat(11), { maxLength: 3 }),
        async (shuffled, border, every, repeated) => {
          // A tree that was read twice: all its versions come again.
          const again = shuffled.map(tree => (repeated.includes(trees.indexOf(tree)) ? [...tree, ...tree] : tree))
          const partitions = [again.slice(0, border).flat(), interleaved(again.slice(border))]
          const made = await materialise(partitions, every, { extras })
          expect(made.snapshot).toEqual(first.snapshot)
          expect(await bytesOf(made)).toEqual(bytes)
        },
      ),
      { numRuns: 8 },
    )
  })

  it('holds one of equal ids, also over splits', async () => {
    const { root, snapshot } = await materialise([
      [conversation('a', { tree: 'x' }), conversation('a', { tree: 'x', text: 'newer', origin: 'sharegpt' })],
      [conversation('b', { tree: 'x' }), conversation('b', { tree: 'y', split: 'validation' })],
    ])
    const text = (await read(root, snapshot, 'train.jsonl')) + (await read(root, snapshot, 'validation.jsonl'))
    expect(idsOf(text).sort()).toEqual(['a', 'b'])
    expect(text).toContain('newer')
    const manifest = JSON.parse(await read(root, snapshot, 'manifest.json')) as { left_out: unknown }
    expect(manifest.left_out).toEqual({ duplicates: 2, superseded: 0, forgotten: 0 })
  })

  it('holds the last version of a tree, wherever its paths were cut', async () => {
    const version = (source: string, ...ids: readonly string[]) =>
      ids.map(id => conversation(id, { tree: 'x', source, text: source }))
    const records = [...version('1', 'a', 'b'), ...version('2', 'b', 'c'), conversation('z', { source: '1' })]
    for (const every of [1, 3, 10]) {
      const { root, snapshot } = await materialise([records], every)
      const text = await read(root, snapshot, 'train.jsonl')
      expect(idsOf(text)).toEqual(['b', 'c', 'z'])
      expect(text.split('\n')[0]).toContain('"value": "2"')
    }
  })

  it('keeps all conversations of one prompt where records are no trees', async () => {
    const records = ['1', '2'].map(source => conversation(source, { tree: 'x', source, origin: 'helpsteer' }))
    expect((await materialise([records])).snapshot.train).toBe(2)
  })

  it('reads the live version only, and no other than what was sealed', async () => {
    const { manifests, snapshots, snapshot } = await materialise([[conversation('a')]])
    const older = { ...manifests[0]!, version: 0, path: 'shards/gone' }
    expect(await snapshots.materialise('d', [older, ...manifests])).toEqual(snapshot)
    await expect(snapshots.materialise('d', [{ ...manifests[0]!, sha256: '0' }])).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
    })
  })

  it('is the same folder when it is materialised again, and leaves nothing in the spool', async () => {
    const { root, manifests, snapshots, snapshot } = await materialise([[conversation('a')]])
    const before = await stat(join(root, snapshot.path))
    expect(await snapshots.materialise('d', manifests)).toEqual(snapshot)
    expect((await stat(join(root, snapshot.path))).ino).toBe(before.ino)
    expect(before.mode & 0o777).toBe(0o777 & ~process.umask())
    const [own] = await readdir(join(root, 'spool'))
    expect(await readdir(join(root, 'spool', own!))).toEqual([])
  })

  it('is what latest points at, for programs and for people', async () => {
    const { root, manifests, snapshots, snapshot } = await materialise([[conversation('a'), conversation('b')]], 1)
    const dataset = join(root, 'datasets/d')
    expect(JSON.parse(await readFile(join(dataset, 'latest.json'), 'utf8'))).toEqual(snapshot)
    const other = await snapshots.materialise('d', manifests.slice(1))
    expect(await readlink(join(dataset, 'latest'))).toBe(other.digest)
    expect(await readFile(join(dataset, 'latest/train.jsonl'), 'utf8')).toBe(await read(root, other, 'train.jsonl'))
    expect((await readdir(dataset)).sort()).toEqual([other.digest, snapshot.digest, 'latest', 'latest.json'].sort())
  })

  it('has checksums that sha256sum accepts', async () => {
    const { root, snapshot } = await materialise([[conversation('a')]])
    const check = execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: join(root, snapshot.path), encoding: 'utf8' })
    const names = ['README.md', 'croissant.json', 'manifest.json', 'train.jsonl', 'validation.jsonl']
    expect(check).toBe(names.map(name => `${name}: OK\n`).join(''))
  })

  it('has a card that names every column of a record', async () => {
    const scores = [null, { quality: 4, toxicity: 0 }]
    const record = conversation('a', { scores })
    const { root, snapshot } = await materialise([[record]])
    const card = parse((await read(root, snapshot, 'README.md')).split('---\n')[1]!) as {
      configs: unknown[]
      dataset_info: [{ features: { name: string; struct?: { name: string }[] }[] }]
    }
    expect(card.configs).toEqual([
      { config_name: snapshot.digest.slice(0, 12), data_files: [{ split: 'train', path: 'train.jsonl' }] },
    ])
    const [{ features }] = card.dataset_info
    expect(features.map(feature => feature.name)).toEqual(Object.keys(record))
    expect(features.at(-1)?.struct?.map(feature => feature.name)).toEqual(Object.keys(Provenance.shape))
  })

  it('leaves out trees that are to be forgotten, and counts their records', async () => {
    const records = ['a', 'b', 'c'].map(id => conversation(id, { tree: id === 'c' ? 'gone' : `tree of ${id}` }))
    const forgotten = async (dataset: string) => new Set(dataset === 'd' ? ['gone'] : [])
    const { root, snapshot } = await materialise([records], 1, { forgotten })
    expect(idsOf(await read(root, snapshot, 'train.jsonl'))).toEqual(['a', 'b'])
    const manifest = JSON.parse(await read(root, snapshot, 'manifest.json')) as { left_out: unknown }
    expect(manifest.left_out).toEqual({ duplicates: 0, superseded: 0, forgotten: 1 })
  })

  it('gets the forms that are asked for later, and keeps those that it has', async () => {
    const records = [conversation('a')]
    const { root, manifests, snapshot } = await materialise([records], 1)
    const names = async () => (await readdir(join(root, snapshot.path))).sort()
    const plain = await names()
    const withExtras = async (extras: { gzip: boolean; parquet: boolean }) =>
      (await openSnapshots({ root, extras: () => ({ license: '', ...extras }) })).materialise('d', manifests)
    expect(await withExtras({ gzip: true, parquet: false })).toEqual(snapshot)
    expect(await names()).toEqual([...plain, 'train.jsonl.gz'].sort())
    expect(await withExtras({ gzip: false, parquet: true })).toEqual(snapshot)
    expect(await names()).toEqual([...plain, 'train.jsonl.gz', 'parquet'].sort())
    const check = execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: join(root, snapshot.path), encoding: 'utf8' })
    expect(check.match(/OK/g)).toHaveLength(8)
    expect(gunzipSync(await readFile(join(root, snapshot.path, 'train.jsonl.gz'))).toString()).toBe(
      await read(root, snapshot, 'train.jsonl'),
    )
    const card = await read(root, snapshot, 'README.md')
    const digest12 = snapshot.digest.slice(0, 12)
    expect(parse(card.split('---\n')[1]!)).toMatchObject({
      configs: [{ config_name: digest12, default: true }, { config_name: `${digest12}-gzip` }],
    })
    const typed = await read(root, snapshot, 'parquet/README.md')
    expect(parse(typed.split('---\n')[1]!)).toMatchObject({
      configs: [{ config_name: `${digest12}-parquet`, data_files: [{ split: 'train', path: 'train.parquet' }] }],
    })
  })

  it('has gzip headers without a time or a system, so that they are equal everywhere', async () => {
    const extras = () => ({ gzip: true, parquet: false, license: '' })
    const { root, snapshot } = await materialise([[conversation('a')]], 1, { extras })
    const header = (await readFile(join(root, snapshot.path, 'train.jsonl.gz'))).subarray(0, 10)
    expect([...header]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, expect.any(Number), 255])
  })

  it('is kept where the shards are, latest.json behind the rest', async () => {
    const place = await temporaryFolder()
    const kept: string[] = []
    const store = localFolder(place)
    const { root, manifests, snapshot } = await materialise([[conversation('a')]])
    const elsewhere: FileStore = {
      ...store,
      read: name => localFolder(root).read(name),
      put: async (path, name, facts) => {
        kept.push(name)
        await store.put(path, name, facts)
      },
    }
    const snapshots = await openSnapshots({ root, files: elsewhere })
    expect(await snapshots.materialise('d', manifests)).toEqual(snapshot)
    expect(kept.slice(-2)).toEqual([`${snapshot.path}/SHA256SUMS`, 'datasets/d/latest.json'])
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: join(place, snapshot.path) })
    expect(JSON.parse(await readFile(join(place, 'datasets/d/latest.json'), 'utf8'))).toEqual(snapshot)
  })

  it('states the licence that the configuration names, in card and description', async () => {
    const extras = () => ({ gzip: false, parquet: false, license: 'apache-2.0' })
    const { root, snapshot } = await materialise([[conversation('a')]], 1, { extras, now: () => 0 })
    expect(parse((await read(root, snapshot, 'README.md')).split('---\n')[1]!)).toMatchObject({ license: 'apache-2.0' })
    expect(JSON.parse(await read(root, snapshot, 'croissant.json'))).toMatchObject({
      license: 'apache-2.0',
      datePublished: '1970-01-01T00:00:00.000Z',
      distribution: [{ '@id': 'train.jsonl', sha256: sha256(await read(root, snapshot, 'train.jsonl')) }, {}],
    })
  })
})
