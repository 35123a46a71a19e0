import { execFileSync } from 'node:child_process'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { conversationLine } from '../../../src/domain/conversation-line.js'
import { type Conversation } from '../../../src/domain/conversation.js'
import { type Snapshot } from '../../../src/domain/job.js'
import { seal } from '../../support/sealed.js'
import { conversation } from '../../support/training.js'
import { temporaryFolder } from '../../support/temporary.js'

async function materialise(partitions: readonly (readonly Conversation[])[], every?: number, sortCharacters = 2000) {
  const root = await temporaryFolder()
  const manifests = await seal(root, partitions, every)
  const snapshots = await openSnapshots({ root, sortCharacters })
  const snapshot = await snapshots.materialise('d', manifests)
  return { root, manifests, snapshots, snapshot }
}

const read = (root: string, snapshot: Snapshot, name: string) => readFile(join(root, snapshot.path, name), 'utf8')
const idsOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => (JSON.parse(line) as Conversation).steerflow.id)

describe('a snapshot', () => {
  it('holds the records in the order of their id, split from split', async () => {
    const records = ['c', 'a', 'd', 'b'].map(id => conversation(id, { split: id === 'a' ? 'validation' : 'train' }))
    const { root, snapshot } = await materialise([records])
    expect(snapshot).toMatchObject({ dataset: 'd', train: 3, validation: 1, attribute_set: 'oasst-12-lang@1' })
    expect(snapshot.path).toBe(`datasets/d/${snapshot.digest}`)
    expect(idsOf(await read(root, snapshot, 'train.jsonl'))).toEqual(['b', 'c', 'd'])
    expect(await read(root, snapshot, 'validation.jsonl')).toBe(`${conversationLine(records[1]!)}\n`)
  })

  it('is a function of the records, however they were cut and interleaved', async () => {
    const trees = Array.from({ length: 12 }, (_, tree) =>
      Array.from({ length: (tree % 3) + 1 }, (_, path) =>
        conversation(`${(tree * 7) % 12}-${path}`, { tree: `t${tree}`, split: tree % 5 ? 'train' : 'validation' }),
      ),
    )
    const first = await materialise([trees.flat()])
    const bytes = await read(first.root, first.snapshot, 'train.jsonl')
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(trees, { minLength: trees.length }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 30 }),
        async (shuffled, border, every) => {
          const again = await materialise([shuffled.slice(0, border).flat(), shuffled.slice(border).flat()], every)
          expect(again.snapshot).toEqual(first.snapshot)
          expect(await read(again.root, again.snapshot, 'train.jsonl')).toBe(bytes)
        },
      ),
      { numRuns: 12 },
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
    expect(manifest.left_out).toEqual({ duplicates: 2, superseded: 0 })
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
    expect(check).toBe('README.md: OK\nmanifest.json: OK\ntrain.jsonl: OK\nvalidation.jsonl: OK\n')
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
    expect(features.at(-1)?.struct?.map(feature => feature.name)).toEqual(Object.keys(record.steerflow))
  })
})
