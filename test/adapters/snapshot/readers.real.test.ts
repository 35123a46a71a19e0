import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { conversationLine } from '../../../src/domain/conversation-line.js'
import type { Conversation, Turn } from '../../../src/domain/conversation.js'
import { parseLabel } from '../../../src/domain/label-line.js'
import { describeWith } from '../../support/parts/describe-with.js'
import { askReaders, type Answer, type Question } from '../../support/python/datasets.js'
import { sealLines } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

/** A snapshot with every form, of shards with these lines: those of train, then one of validation. */
async function snapshotOf(train: readonly (readonly string[])[], validation: readonly string[]) {
  const root = await temporaryFolder()
  const extras = () => ({ gzip: true, parquet: true, license: '' })
  const snapshots = await openSnapshots({ root, extras })
  const shards = [
    ...train.map(lines => ({ split: 'train' as const, lines })),
    ...(validation.length > 0 ? [{ split: 'validation' as const, lines: validation }] : []),
  ]
  const manifests = await sealLines(root, shards)
  const snapshot = await snapshots.materialise('d', manifests)
  return { root, snapshot, folder: join(root, snapshot.path), shards: manifests.map(({ path }) => join(root, path)) }
}

/** Without what is null: a loader fills in columns that a record does not have. */
function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(entries.map(([key, item]) => [key, known(item)]))
}

const inOrder = (lines: readonly string[]): unknown[] =>
  lines.map(line => known(JSON.parse(line)) as Conversation).sort((a, b) => (a.steerflow.id < b.steerflow.id ? -1 : 1))

type Rows = Readonly<Record<string, readonly unknown[]>>
const rowsOf = (answer: Answer<unknown> | undefined): Rows => {
  if (!answer || 'failed' in answer) throw new Error(answer?.failed ?? 'no answer')
  return answer.ok as Rows
}

const line = (id: string, split: 'train' | 'validation', change: (record: Conversation) => void = () => {}): string => {
  const record = structuredClone(conversation(id, { split }))
  change(record)
  return conversationLine(record)
}

/** Whole numbers without a point, as other writers of shards spell them. */
const whole = (text: string): string => text.replaceAll(/(\d)\.0(?=[,}\]])/g, '$1')

const scored =
  (...scores: readonly number[]) =>
  (record: Conversation): void => {
    record.steerflow.scores = [null, ...scores.map(quality => ({ quality }))]
  }
const unlabelled = (record: Conversation): void => {
  for (const turn of record.conversations) turn.label = null
}
const withColumns = (record: Conversation): void => {
  const reply = record.conversations[1] as Turn
  reply.lang = 'en'
  reply.gt_label = 'quality:1'
  record.steerflow.value_model = 'm'
  record.steerflow.bootstrap = { round: 'r-1', prompt: 3, candidate: 1, seed: 7, asked: 'quality:4', kept: 'accepted' }
  record.steerflow.rescored = [
    {
      value_model: 'n',
      attribute_set: 'oasst-12-lang@1',
      labels: [null, 'quality:0'],
      scores: [null, { quality: 0.25 }],
    },
  ]
}

/**
 * What fails without a card (docs/reference/training-tools.md#hugging-face-datasets), by what two shards hold; the
 * second is also what validation holds.
 */
const cases: readonly (readonly [
  name: string,
  first: (split: 'train') => string,
  second: (id: string, split: 'train' | 'validation') => string,
])[] = [
  ['labels that are all null in one shard', () => line('a', 'train', unlabelled), (id, split) => line(id, split)],
  ['scores that are null in one shard', () => line('a', 'train'), (id, split) => line(id, split, scored(2.5))],
  [
    'whole numbers in one split and others in the next',
    () => whole(line('a', 'train', scored(4))),
    // Within a file no reader bears it: lines that steerflow writes always have a point (conversation-line.ts).
    (id, split) => line(id, split, scored(2.5)),
  ],
  ['columns that come later', () => line('a', 'train'), (id, split) => line(id, split, withColumns)],
]

const describeReaders = await describeWith('python-datasets')
describeReaders('Python reads a snapshot', () => {
  it('whatever the shards held, by its card, in each form; without the card it fails', async () => {
    const cache = await temporaryFolder()
    const made = await Promise.all(
      cases.map(async ([name, first, second]) => {
        // Each split of one kind: a loader that takes types from what it meets first has no better to go by.
        const train = [first('train')]
        const validation = [second('c', 'validation')]
        const snapshot = await snapshotOf(
          train.map(one => [one]),
          validation,
        )
        const bare = join(snapshot.root, 'bare')
        await cp(snapshot.folder, bare, { recursive: true })
        for (const file of ['README.md', 'croissant.json', 'manifest.json', 'parquet']) {
          await rm(join(bare, file), { recursive: true })
        }
        const config = snapshot.snapshot.digest.slice(0, 12)
        const questions: readonly Question[] = [
          ['hugging_face', snapshot.folder],
          ['hugging_face', snapshot.folder, `${config}-gzip`],
          ['hugging_face', join(snapshot.folder, 'parquet')],
          ['hugging_face_types', snapshot.folder],
          ['croissant', join(snapshot.folder, 'croissant.json')],
          ['hugging_face_files', ...snapshot.shards],
          ['hugging_face', bare],
        ]
        return { name, train, validation, questions }
      }),
    )
    const answers = await askReaders(
      cache,
      made.flatMap(({ questions }) => questions),
    )
    for (const [index, { name, train, validation, questions }] of made.entries()) {
      const [lines, gzip, parquet, types, described, shards, bare] = answers.slice(index * questions.length)
      const expected = { train: inOrder(train), validation: inOrder(validation) }
      for (const form of [lines, gzip]) expect(known(rowsOf(form)), name).toEqual(expected)
      const typed = rowsOf(parquet) as Readonly<Record<'train' | 'validation', readonly Record<string, unknown>[]>>
      for (const split of ['train', 'validation'] as const) {
        const labels = typed[split].map(row => row.labels)
        expect(known(typed[split].map(({ labels: _, ...row }) => row)), name).toEqual(expected[split])
        expect(known(labels), name).toEqual(expected[split].map(row => labelsOf(row as Conversation)))
      }
      const spelled = rowsOf(types)
      expect(spelled.train, name).toEqual(spelled.validation)
      expect(described, name).toMatchObject({ ok: { issues: [] } })
      const { rows } = (described as { ok: { rows: Readonly<Record<string, readonly { tree_id: string }[]>> } }).ok
      expect(
        Object.fromEntries(Object.entries(rows).map(([split, of]) => [split, of.map(row => row.tree_id)])),
        name,
      ).toEqual(
        Object.fromEntries(
          Object.entries(expected).map(([split, of]) => [split, of.map(row => (row as Conversation).tree_id)]),
        ),
      )
      expect(shards, name).toHaveProperty('failed')
      expect(bare, name).toHaveProperty('failed')
    }
  })

  it('that has no validation records, and one with a file of several row groups', async () => {
    const cache = await temporaryFolder()
    const lines = Array.from({ length: 9000 }, (_, at) =>
      line(`r${String(at).padStart(5, '0')}`, 'train', scored(at % 5)),
    )
    const { folder } = await snapshotOf([lines], [])
    const answers = await askReaders(cache, [
      ['hugging_face_types', join(folder, 'parquet')],
      ['arrow', join(folder, 'parquet/train.parquet')],
      ['hugging_face_types', folder],
    ])
    expect(Object.keys(rowsOf(answers[0]))).toEqual(['train'])
    const { rows, groups, types } = (
      answers[1] as { ok: { rows: Conversation[]; groups: number; types: Record<string, string> } }
    ).ok
    expect([rows.length, groups]).toEqual([9000, 2])
    const expected = inOrder(lines)
    expect(rows.map(row => row.steerflow.id)).toEqual(expected.map(row => (row as Conversation).steerflow.id))
    for (const at of [0, 8191, 8192, 8999]) {
      const { labels: _, ...row } = rows[at] as Conversation & { labels?: unknown }
      expect(known(row)).toEqual(expected[at])
    }
    expect(types.steerflow).toMatch(/scores: list<element: struct<quality: double, toxicity: double/)
    expect(types.labels).toMatch(/^list<element: struct<quality: int64/)
    expect(Object.keys(rowsOf(answers[2]))).toEqual(['train'])
  })
})

/** What the label lines say, as numbers by key. */
const labelsOf = ({ conversations }: Conversation): unknown[] =>
  conversations.map(({ label }) => {
    if (label == null) return null
    const { scores, lang } = parseLabel(label)
    return { ...scores, ...(lang !== null && { lang }) }
  })

it('DuckDB reads scores and labels of a snapshot as columns', async () => {
  const lines = [4, 2.5, 1].map((score, at) => line(`r${at}`, 'train', scored(score)))
  const { folder } = await snapshotOf([lines.slice(0, 1), lines.slice(1)], [])
  const database = await DuckDBInstance.create(':memory:')
  const connection = await database.connect()
  const query = async (sql: string) =>
    (
      await connection.runAndReadAll(sql.replaceAll('FILE', `'${join(folder, 'parquet/train.parquet')}'`))
    ).getRowObjectsJson()
  expect(
    await query(
      'select id, avg(s.quality) as quality from (select steerflow.id as id, unnest(steerflow.scores) as s from FILE) group by id order by id',
    ),
  ).toEqual([
    { id: 'r0', quality: 4 },
    { id: 'r1', quality: 2.5 },
    { id: 'r2', quality: 1 },
  ])
  expect(
    await query(
      'select l.quality as quality, l.lang as lang, count(*)::int as n from (select unnest(labels) as l from FILE) where l is not null group by all',
    ),
  ).toEqual([{ quality: '4', lang: 'en', n: 3 }])
  expect(await query('select count(*)::int as n from FILE where conversations[2]."from" = \'Assistant\'')).toEqual([
    { n: 3 },
  ])
  connection.closeSync()
  database.closeSync()
})
