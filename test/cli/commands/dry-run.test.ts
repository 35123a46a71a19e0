import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Preview } from '../../../src/cli/run/preview.js'
import type { SourceSummary } from '../../../src/cli/summary/summary.js'
import { chats } from '../../support/chats.js'
import { temporary } from '../../support/pipelines.js'
import { runMain } from '../../support/run-main.js'

const field = (name: string): string => fileURLToPath(new URL(`../../data/field/${name}`, import.meta.url))

test('a dry run shows the first records, formats and what is refused, and makes no data folder', async () => {
  const folder = temporary()
  const file = join(folder, 'own.jsonl')
  writeFileSync(file, `${chats(0, 5)}nonsense\n{"strange": 1}\n`)
  const data = join(folder, 'data')
  const { code, out } = await runMain(['ingest', file, '--dry-run', '--data-dir', data])
  expect(code).toBe(0)
  expect(out).toContain('own.jsonl: 7 records, 5 conversations, 2 rejected')
  expect(out).toContain('format openai-messages: 5')
  expect(out).toMatch(/1 × .*not JSON/)
  expect(out).toContain('record 1 (openai-messages), 2 turns:\n    User: question 0\n    Assistant: yes')
  expect(existsSync(data)).toBe(false)
  const json = await runMain(['ingest', field('array-pretty.json'), '--dry-run', '--json', '--data-dir', data])
  expect(JSON.parse(json.out)).toMatchObject({ records: 3, conversations: 3, rejected: 0, formats: { sharegpt: 3 } })
})

test('a dry run of which nothing is taken, or that is torn, is no success', async () => {
  const folder = temporary()
  const file = join(folder, 'own.jsonl')
  writeFileSync(file, 'nonsense\n')
  const none = await runMain(['ingest', file, '--dry-run'])
  expect([none.code, none.err]).toEqual([3, expect.stringContaining('none of its 1 records would give')])
  writeFileSync(file, '[{"messages": []}')
  const torn = await runMain(['ingest', file, '--dry-run'])
  expect([torn.code, torn.err]).toEqual([1, expect.stringContaining('STEERFLOW_INPUT_TORN')])
})

test('a dry run reads with the options of the configuration', async () => {
  const trees = 'examples/data/oasst1_en_val.trees.jsonl'
  const dryRun = (...set: readonly string[]) => runMain(['ingest', trees, '--dry-run', '--json', ...set])
  expect(JSON.parse((await dryRun()).out)).toMatchObject({ records: 188, rejected: 0 })
  const { rejected, refused } = JSON.parse((await dryRun('--set', 'preprocess.fanout.paths=1')).out) as Preview
  expect(rejected).toBeGreaterThan(50)
  expect(Object.keys(refused)[0]).toContain('more than 1 paths')
})

test('a folder stands for its files of records, a pattern for those that it matches', async () => {
  const folder = temporary()
  const at = (...names: readonly string[]) => join(folder, 'in', ...names)
  mkdirSync(at('deep', '.hidden'), { recursive: true })
  writeFileSync(at('b.jsonl'), chats(0, 2))
  copyFileSync(field('x.jsonl.zst'), at('deep', 'a.jsonl.zst'))
  writeFileSync(at('README.md'), 'about')
  writeFileSync(at('deep', '.hidden', 'c.jsonl'), 'nonsense')
  const ingest = (input: string, data: string) => runMain(['ingest', input, '--json', '--data-dir', join(folder, data)])
  const names = (out: string) => (JSON.parse(out) as SourceSummary[]).map(({ name, records }) => [name, records])
  const whole = await ingest(at(), 'data')
  expect(whole.code).toBe(0)
  expect(names(whole.out)).toEqual([
    ['b.jsonl', 2],
    ['a.jsonl.zst', 3],
  ])
  expect(whole.err).toContain('2 files; left out: README.md')
  expect(names((await ingest(at('*.jsonl'), 'data2')).out)).toEqual([['b.jsonl', 2]])
  expect(names((await ingest(at('**/*.jsonl*'), 'data3')).out).length).toBe(2)
  expect(await ingest(at('none*'), 'data4')).toMatchObject({
    code: 2,
    err: expect.stringContaining('no file matches') as string,
  })
  mkdirSync(join(folder, 'empty'))
  expect(await ingest(join(folder, 'empty'), 'data5')).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no file of records') as string,
  })
})

test('links in a folder: one to a folder above is not followed again, one that leads nowhere is an error', async () => {
  const folder = join(temporary(), 'in')
  mkdirSync(join(folder, 'below'), { recursive: true })
  writeFileSync(join(folder, 'below', 'own.jsonl'), chats(0, 2))
  for (const name of ['x', 'y']) symlinkSync('..', join(folder, 'below', name))
  symlinkSync('.', join(folder, 'z'))
  const { code, out } = await runMain(['ingest', folder, '--dry-run'])
  expect(code).toBe(0)
  expect(out.match(/own.jsonl: 2 records/g)).toHaveLength(1)
  symlinkSync('nowhere.jsonl', join(folder, 'broken.jsonl'))
  for (const input of [folder, `${folder}/*.jsonl`]) {
    const broken = await runMain(['ingest', input, '--dry-run'])
    expect(broken.code).not.toBe(0)
    expect(broken.err).toContain('broken.jsonl')
  }
})

test('a dry run leaves out what preprocess leaves out', async () => {
  const file = join(temporary(), 'own.jsonl')
  const answered = (content: string) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content },
      ],
    })
  writeFileSync(file, `${answered('a')}\n${answered('')}\n`)
  const { code, out } = await runMain(['ingest', file, '--dry-run'])
  expect(code).toBe(0)
  expect(out).toContain('own.jsonl: 2 records, 1 conversations, 0 rejected')
  expect(out).toContain('1 × left out: empty-answer')
})
