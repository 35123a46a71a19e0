import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dataArguments, leafCommands, rowsThatDiffer } from '../support/commands.js'
import { runMain } from '../support/run-main.js'
import { temporaryFolder } from '../support/temporary.js'

/** What follows the name of a command that needs a data folder; or why it needs none. */
const rows: Readonly<Record<string, readonly string[] | 'begins one' | 'has none' | 'looks at what is there'>> = {
  ...dataArguments,
  quickstart: 'begins one',
  ingest: 'begins one',
  run: 'begins one',
  'topics apply': 'begins one',
  completion: 'has none',
  init: 'has none',
  graph: 'has none',
  preprocess: 'has none',
  clean: 'has none',
  annotate: 'has none',
  'baseline train': 'has none',
  'baseline serve': 'has none',
  'config show': 'looks at what is there',
  'config check': 'looks at what is there',
  'schemas check': 'looks at what is there',
  'schemas register': 'looks at what is there',
  doctor: 'looks at what is there',
  score: ['FILE'],
  ask: ['Why?', '--compare', '--endpoint', 'http://127.0.0.1:9'],
  'datasets export': ['steerlm', '--format', 'sharegpt', '--output', 'exported'],
  relabel: ['--model', 'x', '--until-idle'],
  'models rollback': [],
}

test('every command has a row', () => {
  expect(rowsThatDiffer(rows, 'test/cli/data-folder.test.ts')).toEqual([])
})

const needing = leafCommands().flatMap(({ name }): [string, readonly string[]][] => {
  const row = rows[name]
  return typeof row === 'object' ? [[name, row]] : []
})

async function run(name: string, args: readonly string[], dataDir: string) {
  const file = join(await temporaryFolder(), 'source.jsonl')
  writeFileSync(file, '')
  const words = args.map(word => (word === 'FILE' ? file : word))
  return runMain([...name.split(' '), ...words, '--data-dir', dataDir])
}

test.each(needing)('%s of a data folder that is not there makes none, and says so', async (name, args) => {
  const typo = join(await temporaryFolder(), 'typo')
  const { code, out, err } = await run(name, args, typo)
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(/STEERFLOW_DATA_ABSENT[^]*next[^]*steerflow quickstart/)
  expect(err).toContain(`there is no data folder ${typo}`)
  expect(existsSync(typo)).toBe(false)
})

test('status --fleet is one of them', async () => {
  const typo = join(await temporaryFolder(), 'typo')
  expect((await run('status', ['--fleet'], typo)).code).toBe(2)
})

test('a folder that holds no log is no data folder, and stays as it is', async () => {
  const dir = join(await temporaryFolder(), 'src')
  mkdirSync(dir)
  const { code, err } = await run('status', [], dir)
  expect([code, err]).toEqual([2, expect.stringContaining(`${dir} is not a data folder: it has no log`)])
  expect(readdirSync(dir)).toEqual([])
})

test.each([
  ['doctor', /log +warn +there is no data folder/],
  ['config check', /ok/],
  ['config show', /dataDir/],
])('%s before the first record has nothing against it, and makes nothing', async (name, says) => {
  const dir = join(await temporaryFolder(), 'later')
  const { code, out } = await run(name, [], dir)
  expect([code, out]).toEqual([0, expect.stringMatching(says)])
  expect(existsSync(dir)).toBe(false)
})
