import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { writeExport } from '../../../src/adapters/export/write-export.js'
import { findSnapshot } from '../../../src/adapters/snapshot/read-snapshot.js'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { explain } from '../../../src/domain/errors.js'
import type { ExportContext, ExportFormat } from '../../../src/domain/export/export-format.js'
import type { Conversation } from '../../../src/domain/conversation.js'
import { conversation } from '../../support/training.js'
import { seal } from '../../support/sealed.js'
import { runMain } from '../../support/run-main.js'
import { temporaryFolder } from '../../support/temporary.js'

async function dataFolder(records: readonly Conversation[]) {
  const root = await temporaryFolder()
  const snapshots = await openSnapshots({ root })
  const manifests = await seal(root, [records], 2)
  return { root, manifests, snapshots, snapshot: await snapshots.materialise('d', manifests) }
}

/** An encoder that makes such rows of a record. */
const encoding = (rows: () => readonly string[]) => ({ features: [], about: [], encode: () => ({ rows: rows() }) })

const run = (root: string, ...argv: readonly string[]) => runMain(['datasets', 'export', ...argv, '--data-dir', root])

const records = ['a', 'b', 'c'].map(id => conversation(id, { split: id === 'c' ? 'validation' : 'train' }))
const question: Conversation = { ...conversation('q'), conversations: [{ value: 'Why?', from: 'User' }] }

describe('datasets export', () => {
  it('writes the rows of the latest snapshot, a card that says what was done, and checksums', async () => {
    const { root, snapshot } = await dataFolder([...records, question])
    const output = join(root, 'out/chats')
    const { code, out } = await run(root, 'd', '--format', 'messages', '--labels', 'user', '--output', output)
    expect(code).toBe(0)
    expect(out).toContain('2 train rows, 1 validation rows')
    const rows = (await readFile(join(output, 'train.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(rows.map(row => JSON.parse(row) as unknown)).toEqual(
      ['a', 'b'].map(id => ({
        messages: [
          { role: 'system', content: 'S' },
          { role: 'user', content: 'Why?\nquality:4,lang:en' },
          { role: 'assistant', content: `text of ${id}` },
        ],
      })),
    )
    const card = await readFile(join(output, 'README.md'), 'utf8')
    expect(card).toContain(snapshot.digest)
    expect(card).toContain('is the last line of the turn before it')
    expect(card).toContain('- records left out: no question with a reply: 1')
    expect(parse(card.split('---\n')[1]!)).toMatchObject({
      configs: [{ data_files: [{ split: 'train' }, { split: 'validation' }] }],
      dataset_info: [{ features: [{ name: 'messages', list: [{ name: 'role' }, { name: 'content' }] }] }],
    })
    const check = execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: output, encoding: 'utf8' })
    expect(check.trimEnd().split('\n')).toHaveLength(3)
    expect(await readdir(join(root, 'out'))).toEqual(['chats'])
  })

  it('takes the snapshot that is named, and writes dataset_info.json where the format has one', async () => {
    const { root, manifests, snapshots, snapshot } = await dataFolder(records)
    const other = await snapshots.materialise('d', manifests.slice(0, 1))
    expect(other.digest).not.toBe(snapshot.digest)
    const output = join(root, 'out')
    const named = ['d', '--snapshot', snapshot.digest.slice(0, 8), '--format', 'sharegpt', '--output', output, '--json']
    const { out } = await run(root, ...named)
    expect(JSON.parse(out)).toEqual({
      output,
      snapshot: snapshot.digest,
      rows: { train: 2, validation: 1 },
      counts: {},
    })
    expect((await readdir(output)).sort()).toEqual(
      ['README.md', 'SHA256SUMS', 'dataset_info.json', 'train.jsonl', 'validation.jsonl'].sort(),
    )
  })

  it('refuses a folder that is there, a dataset or snapshot that is not, and a place that records cannot have', async () => {
    const { root } = await dataFolder(records.map(record => ({ ...record, type: 'TEXT_TO_VALUE' })))
    await mkdir(join(root, 'there'))
    const refused: readonly (readonly [readonly string[], string])[] = [
      [['d', '--format', 'steerlm', '--output', join(root, 'there')], 'already exists'],
      [['e', '--format', 'steerlm', '--output', join(root, 'new')], 'dataset e has no snapshot'],
      [['d', '--format', 'steerlm', '--output', join(root, 'new'), '--snapshot', 'xyz'], 'starts with xyz'],
      [['d', '--format', 'messages', '--output', join(root, 'new')], 'trains a value model'],
      [['d', '--format', 'chats', '--output', join(root, 'new')], 'expected one of steerlm, regression, messages'],
    ]
    for (const [argv, message] of refused) {
      const { code, err } = await run(root, ...argv)
      expect([code, err]).toEqual([2, expect.stringContaining(message)])
    }
    expect(await readdir(join(root, 'there'))).toEqual([])
    expect((await readdir(root)).filter(name => /new|partial/.test(name))).toEqual([])
  })

  it.each<[what: string, format: Partial<ExportFormat>, message: RegExp]>([
    ['cannot be opened', { open: () => Promise.reject(new Error('no room')) }, /own cannot be opened: no room/],
    [
      'fails on a record',
      { open: () => encoding(() => (null as unknown as { rows: string[] }).rows) },
      /own fails on a record: Cannot read/,
    ],
    ['gives rows that are no text', { open: () => encoding(() => [{} as string]) }, /expected rows of text.*not \{\}/],
    ['gives rows of several lines', { open: () => encoding(() => ['a\nb']) }, /each one line, not "a\\nb"/],
  ])('names a format of a flow that %s', async (_, given, message) => {
    const { root, snapshot } = await dataFolder(records)
    const task = {
      root,
      manifest: await findSnapshot(root, 'd'),
      format: { name: 'own', summary: '', ...given } as ExportFormat,
      context: { snapshot, attributeSets: [] } as unknown as ExportContext,
      output: join(root, 'new'),
    }
    const error: unknown = await writeExport(task).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STEERFLOW_FLOW_INVALID' })
    expect(explain(error)).toMatch(message)
    expect((await readdir(root)).filter(name => /new|partial/.test(name))).toEqual([])
  })

  it('stops at a snapshot that is not what was materialised, and leaves nothing', async () => {
    const { root, snapshot } = await dataFolder(records)
    await appendFile(join(root, snapshot.path, 'train.jsonl'), `${JSON.stringify(records[0])}\n`)
    const { code, err } = await run(root, 'd', '--format', 'steerlm', '--output', join(root, 'new'))
    expect([code, err]).toEqual([1, expect.stringContaining('STEERFLOW_STORAGE')])
    expect((await readdir(root)).filter(name => /new|partial/.test(name))).toEqual([])
  })
})
