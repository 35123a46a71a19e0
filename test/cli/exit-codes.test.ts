import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dataArguments, leafCommands, rowsThatDiffer } from '../support/commands.js'
import { runMain } from '../support/run-main.js'

const none = '/nowhere/of/steerflow'

/**
 * Arguments with which a command line of each command is whole, but for something that it names and that is not there:
 * where the command takes a configuration, that file; otherwise what the arguments say. Null where it reads nothing.
 */
const missing: Readonly<Record<string, readonly string[] | null>> = {
  ...dataArguments,
  quickstart: [],
  completion: null,
  init: null,
  score: ['chat.jsonl'],
  ask: ['Why?'],
  run: [],
  ingest: ['chats.jsonl'],
  graph: null,
  'config check': [],
  'config show': [],
  'topics apply': [],
  'schemas check': [],
  'schemas register': [],
  doctor: [],
  'datasets export': ['steerlm', '--format', 'sharegpt', '--output', none],
  relabel: ['--model', 'x'],
  'models rollback': ['--role', 'value'],
  'baseline train': ['--snapshot', none, '--output', none],
  'baseline serve': ['--model', none],
  preprocess: ['--input-file', none, '--output-file-prefix', none],
  clean: ['--dataset-file', none, '--output-file', 'out', '--model-file', 'examples/data/tokenizer.model.v1'],
  annotate: ['--input-file-name', none, '--endpoints', 'http://127.0.0.1:9'],
}

/** A data folder of which the log and a snapshot are no such things any more. */
const damaged = mkdtempSync(join(tmpdir(), 'steerflow-test-'))
const digest = 'a'.repeat(64)
const snapshot = join(damaged, 'datasets/steerlm', digest)
for (const folder of [join(damaged, 'log'), snapshot]) mkdirSync(folder, { recursive: true })
writeFileSync(join(damaged, 'log/data.mdb'), Buffer.alloc(65_536, 'x'))
for (const name of ['manifest.json', 'train.jsonl', 'validation.jsonl']) writeFileSync(join(snapshot, name), 'x')
afterAll(() => rmSync(damaged, { recursive: true, force: true }))

const rowsInHelpSteer = 'test/fixtures/helpsteer/rows-24.jsonl'

/** Arguments with which each command meets what is damaged; a text says why one cannot. */
const onDamaged: Readonly<Record<string, readonly string[] | string>> = {
  ...dataArguments,
  'datasets pin': ['steerlm', digest],
  'datasets unpin': ['steerlm', digest],
  'datasets export': ['steerlm', '--snapshot', digest, '--format', 'sharegpt', '--output', join(damaged, 'exported')],
  quickstart: [],
  completion: 'reads nothing',
  init: 'reads nothing',
  score: [rowsInHelpSteer],
  ask: ['Why?', '--compare', '--endpoint', 'http://127.0.0.1:9'],
  run: [],
  ingest: [rowsInHelpSteer],
  graph: 'reads the configuration alone',
  'config check': 'reads the configuration alone',
  'config show': 'reads the configuration alone',
  'topics apply': [],
  'schemas check': 'reads schemas alone',
  'schemas register': 'reads schemas alone',
  doctor: [],
  relabel: ['--model', 'x'],
  'models rollback': [],
  'baseline train': ['--snapshot', snapshot, '--output', join(damaged, 'model')],
  'baseline serve': ['--model', join(snapshot, 'manifest.json')],
  preprocess: 'a line that is none is rejected: 3',
  clean: 'a line that is none is rejected: 3',
  annotate: 'a line that is none is rejected: 3',
}

test.each(Object.entries({ missing, onDamaged }))('every command has a row in %s', (_, rows) => {
  expect(rowsThatDiffer(rows, 'test/cli/exit-codes.test.ts')).toEqual([])
})

test.each(leafCommands())('$name with a wrong flag is called wrongly', async ({ name }) => {
  const { code, out, err } = await runMain([...name.split(' '), ...(missing[name] ?? []), '--no-such-flag'])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain("unknown option '--no-such-flag'")
})

test.each(leafCommands().filter(({ name }) => missing[name]))(
  '$name with a file that is not there is called wrongly',
  async ({ name, takesConfig }) => {
    const argv = [...name.split(' '), ...missing[name]!, ...(takesConfig ? ['--config', none] : [])]
    const { code, out, err } = await runMain(argv)
    expect([code, err]).toEqual([2, expect.stringMatching(/STEERFLOW_\w+[^]*next\W/)])
    expect(err).toContain(none)
    expect(out).toBe('')
  },
)

test.each(leafCommands().filter(({ name }) => typeof onDamaged[name] !== 'string'))(
  '$name fails on what is damaged',
  async ({ name, takesConfig }) => {
    const place = takesConfig ? ['--data-dir', damaged] : []
    const { code, out, err } = await runMain([...name.split(' '), ...onDamaged[name]!, ...place])
    expect(code, err).toBe(1)
    expect(out + err).toMatch(/is not a log of this program|is not valid JSON/)
  },
)
