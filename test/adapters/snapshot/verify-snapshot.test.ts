import { appendFile, cp, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { writeExport } from '../../../src/adapters/export/write-export.js'
import { exportFormats } from '../../../src/adapters/export/formats.js'
import { findSnapshot, readManifest, snapshotLines } from '../../../src/adapters/snapshot/read-snapshot.js'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { verifySnapshot } from '../../../src/adapters/snapshot/verify-snapshot.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import type { Snapshot } from '../../../src/domain/job.js'
import { runMain } from '../../support/run-main.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

let root: string
let snapshot: Snapshot
let folder: string
beforeEach(async () => {
  root = await temporaryFolder()
  const manifests = await seal(root, [[conversation('a'), conversation('b', { split: 'validation' })]])
  const extras = () => ({ gzip: true, parquet: false, license: '' })
  snapshot = await (await openSnapshots({ root, extras })).materialise('steerlm', manifests)
  folder = join(root, snapshot.path)
})

const edited = async (change: (manifest: Record<string, unknown>) => Record<string, unknown>) => {
  const path = join(folder, 'manifest.json')
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>)))
}

type Damage = readonly [string, () => Promise<unknown>]

/** What a person or a disk may have made of a snapshot. */
const damages: readonly Damage[] = [
  [
    'a record is edited',
    async () =>
      writeFile(
        join(folder, 'train.jsonl'),
        (await readFile(join(folder, 'train.jsonl'), 'utf8')).replace('Why', 'Who'),
      ),
  ],
  ['a file is torn', () => truncate(join(folder, 'train.jsonl'), 10)],
  ['a file is longer', () => appendFile(join(folder, 'validation.jsonl'), '{}\n')],
  ['a file is gone', () => rm(join(folder, 'train.jsonl'))],
  ['a file is a folder', async () => rm(join(folder, 'train.jsonl')).then(() => mkdir(join(folder, 'train.jsonl')))],
  ['a compressed file is another', () => writeFile(join(folder, 'train.jsonl.gz'), 'x')],
  [
    'a file is a link to another',
    async () => rm(join(folder, 'train.jsonl')).then(() => symlink('/etc/hostname', join(folder, 'train.jsonl'))),
  ],
  ['the manifest is torn', () => truncate(join(folder, 'manifest.json'), 40)],
  ['the manifest is empty', () => truncate(join(folder, 'manifest.json'), 0)],
  ['the manifest is gone', () => rm(join(folder, 'manifest.json'))],
  ['the manifest is huge', () => truncate(join(folder, 'manifest.json'), 2 ** 31)],
  ['the manifest is another kind of thing', () => writeFile(join(folder, 'manifest.json'), '[[[]]]')],
  ['the manifest leads elsewhere', () => edited(manifest => ({ ...manifest, path: '../../etc' }))],
  [
    'a file of it leads elsewhere',
    () => edited(manifest => ({ ...manifest, files: [{ path: '../../../x', bytes: 1, sha256: 'x' }] })),
  ],
  [
    'the manifest names a million files',
    () =>
      edited(manifest => ({
        ...manifest,
        files: Array.from({ length: 1000 }, () => ({ path: 'train.jsonl', bytes: 1, sha256: 'x' })),
      })),
  ],
  ['the manifest is of another dataset', () => edited(manifest => ({ ...manifest, dataset: 'other' }))],
  [
    'the manifest names other digests',
    () =>
      edited(manifest => ({
        ...manifest,
        splits: {
          train: { records: 1, bytes: 1, sha256: '0'.repeat(64) },
          validation: { records: 1, bytes: 1, sha256: '0'.repeat(64) },
        },
      })),
  ],
  [
    'its counts are negative',
    () =>
      edited(manifest => ({ ...manifest, splits: { train: { records: -1, bytes: -1, sha256: 'x' }, validation: {} } })),
  ],
]

describe('a snapshot', () => {
  it('is what was materialised', async () => {
    expect(await verifySnapshot(root, 'steerlm', snapshot.digest)).toMatchObject({ problems: [] })
    const told = await runMain(['datasets', 'verify', '--data-dir', root])
    expect(told).toMatchObject({ code: 0, err: '1 snapshots are intact, 0 are damaged\n' })
  })

  it.each(damages)('is found out where %s', async (_, damage) => {
    await damage()
    const { problems } = await verifySnapshot(root, 'steerlm', snapshot.digest)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.join()).not.toContain('STEERFLOW_BUG')
    const told = await runMain(['datasets', 'verify', 'steerlm', '--data-dir', root])
    expect(told.code).toBe(1)
    expect(told.err).toContain('next: remove their folders')
  })

  it.each(
    damages.filter(
      ([what]) => !what.includes('compressed') && !what.includes('of it leads') && !what.includes('million'),
    ),
  )('is not read to its end where %s', async (_, damage) => {
    await damage()
    const read = async () => {
      const manifest = await readManifest(root, 'steerlm', snapshot.digest)
      for (const split of ['train', 'validation'] as const)
        for await (const lines of snapshotLines(root, manifest, split)) void lines
    }
    await expect(read()).rejects.toMatchObject({ name: 'SteerflowError', code: 'STEERFLOW_STORAGE' })
  })

  it('is not taken for another under whose name it lies', async () => {
    const other = '0'.repeat(64)
    await cp(folder, join(root, 'datasets/steerlm', other), { recursive: true })
    await expect(readManifest(root, 'steerlm', other)).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
    await rename(join(root, 'datasets/steerlm'), join(root, 'datasets/renamed'))
    await expect(findSnapshot(root, 'renamed', snapshot.digest)).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
  })

  it.each([
    ['torn', '{"digest": "'],
    ['empty', ''],
    ['of another kind', '7'],
    [
      'a path',
      JSON.stringify({ dataset: 'steerlm', digest: '../../..', path: 'x', train: 1, validation: 1, attribute_set: '' }),
    ],
    [
      'a prefix',
      JSON.stringify({ dataset: 'steerlm', digest: 'a', path: 'x', train: 1, validation: 1, attribute_set: '' }),
    ],
  ])('is not found by a latest.json that is %s', async (_, text) => {
    await writeFile(join(root, 'datasets/steerlm/latest.json'), text)
    await expect(findSnapshot(root, 'steerlm')).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
    expect((await findSnapshot(root, 'steerlm', snapshot.digest)).digest).toBe(snapshot.digest)
  })

  it('is exported by its digest or not at all', async () => {
    const manifest = await findSnapshot(root, 'steerlm')
    await writeFile(
      join(folder, 'train.jsonl'),
      (await readFile(join(folder, 'train.jsonl'), 'utf8')).replace('Why', 'Who'),
    )
    const format = exportFormats.find(({ name }) => name === 'messages')!
    const context = {
      snapshot,
      attributeSets: [],
      labels: 'system' as const,
      promptTokens: extraIdTokens,
      tokenizer: '',
      threads: 1,
      maxTokens: 1,
    }
    const output = join(root, 'out')
    await expect(writeExport({ root, manifest, format, context, output })).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
    })
  })
})
