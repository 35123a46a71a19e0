import { expect, test } from 'vitest'
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

test('every command has a row', () => {
  expect(rowsThatDiffer(missing, 'test/cli/exit-codes.test.ts')).toEqual([])
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
