import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSnapshots } from '../../src/adapters/snapshot/snapshots.js'
import { runMain } from '../support/run-main.js'
import { begunFolder } from '../support/begun.js'
import { seal } from '../support/sealed.js'
import { temporaryFolder } from '../support/temporary.js'
import { conversation } from '../support/training.js'

const tokenizer = 'examples/data/tokenizer.model.v1'
const server = ['--endpoints', 'http://127.0.0.1:9', '--retry-for', '0']

/** What each path of an input is given to, DATA being a data folder and FILE a file of a conversation. */
const inputs: Readonly<Record<string, (path: string) => readonly string[]>> = {
  quickstart: path => ['quickstart', path, '--data-dir', 'DATA'],
  ingest: path => ['ingest', path, '--data-dir', 'DATA'],
  score: path => ['score', path, '--data-dir', 'DATA'],
  'trace FILE:LINE': path => ['trace', `${path}:1`, '--data-dir', 'DATA'],
  'jobs lint --file': path => ['jobs', 'lint', '--file', path, '--data-dir', 'DATA'],
  'baseline train --snapshot': path => ['baseline', 'train', '--snapshot', path, '--output', 'OUT'],
  'baseline serve --model': path => ['baseline', 'serve', '--model', path],
  'preprocess --input-file': path => ['preprocess', '--input-file', path, '--output-file-prefix', 'OUT'],
  'clean --dataset-file': path => ['clean', '--dataset-file', path, '--output-file', 'OUT', '--model-file', tokenizer],
  'clean --model-file': path => ['clean', '--dataset-file', 'FILE', '--output-file', 'OUT', '--model-file', path],
  'annotate --input-file-name': path => ['annotate', '--input-file-name', path, '--output-file-name', 'OUT', ...server],
  'annotate --endpoints-file': path => [
    ...['annotate', '--input-file-name', 'FILE', '--output-file-name', 'OUT', '--endpoints-file', path],
  ],
  'annotate --api-key-file': path => [
    ...['annotate', '--input-file-name', 'FILE', '--output-file-name', 'OUT', '--api-key-file', path, ...server],
  ],
  '--config': path => ['status', '--config', path],
  'clean.tokenizer': path => ['run', '--until-idle', '--data-dir', 'DATA', '--set', `clean.tokenizer=${path}`],
  'annotate.endpointsFile': path => [
    ...['run', '--until-idle', '--data-dir', 'DATA', '--set', `annotate.endpointsFile=${path}`],
  ],
  'log.kafka.tls.ca': path => ['status', '--set', `log={kafka: {brokers: ['127.0.0.1:1'], tls: {ca: ${path}}}}`],
}

/** The same of outputs. */
const outputs: Readonly<Record<string, (path: string) => readonly string[]>> = {
  'preprocess --output-file-prefix': path => ['preprocess', '--input-file', 'FILE', '--output-file-prefix', path],
  'clean --output-file': path => ['clean', '--dataset-file', 'FILE', '--output-file', path, '--model-file', tokenizer],
  'annotate --output-file-name': path => [
    'annotate',
    '--input-file-name',
    'FILE',
    '--output-file-name',
    path,
    ...server,
  ],
  'datasets export --output': path => [
    ...['datasets', 'export', 'd', '--format', 'sharegpt', '--data-dir', 'DATA', '--output', path],
  ],
  'ingest --data-dir': path => ['ingest', 'FILE', '--data-dir', path],
}

/** Runs words in which names stand for what is there. */
async function run(wordsOf: (path: string) => readonly string[], path: (dir: string) => string) {
  const dir = await temporaryFolder()
  mkdirSync(join(dir, 'folder'))
  const turns = [
    { value: 'Why?', from: 'User', label: null },
    { value: 'So.', from: 'Assistant', label: 'quality:4' },
  ]
  writeFileSync(
    join(dir, 'file'),
    `${JSON.stringify({ system: 'S', mask: 'User', type: 'VALUE_TO_TEXT', conversations: turns })}\n`,
  )
  const data = await begunFolder()
  await (await openSnapshots({ root: data })).materialise('d', await seal(data, [[conversation('a')]]))
  const named: Readonly<Record<string, string>> = { DATA: data, FILE: join(dir, 'file'), OUT: join(dir, 'out') }
  return runMain(wordsOf(path(dir)).map(word => named[word] ?? word))
}

test.each(
  Object.keys(inputs).flatMap(name => [
    [name, 'that is not there', 'nothing'],
    [name, 'that is a folder', 'folder'],
  ]),
)('%s with a path %s is called wrongly', async (name, _, entry) => {
  const { code, err } = await run(inputs[name]!, dir => join(dir, entry))
  expect([code, err]).toEqual([2, expect.stringMatching(/STEERFLOW_(INPUT_NOT_FOUND|CONFIG_INVALID|USAGE)/)])
})

test.each(Object.keys(outputs))('%s below a file is called wrongly', async name => {
  const { code, err } = await run(outputs[name]!, dir => join(dir, 'file', 'below'))
  expect([code, err]).toEqual([2, expect.stringMatching(/STEERFLOW_(OUTPUT_PLACE|INPUT_NOT_FOUND)/)])
  expect(err).toContain('below')
})
