import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import type { Conversation } from '../../../src/domain/conversation.js'
import { runMain } from '../../support/run-main.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

/** The commands that make a file of a file, and the flags that hold one in a folder. */
const commands: Readonly<Record<string, (dir: string) => readonly string[]>> = {
  preprocess: dir => ['--input-file', join(dir, 'in'), '--output-file-prefix', join(dir, 'out')],
  clean: dir => {
    const model = 'examples/data/tokenizer.model.v1'
    return ['--dataset-file', join(dir, 'in'), '--output-file', join(dir, 'out'), '--model-file', model]
  },
  // No server is asked about what is no conversation.
  annotate: dir => {
    const server = 'http://127.0.0.1:9'
    return ['--input-file-name', join(dir, 'in'), '--output-file-name', join(dir, 'out'), '--endpoints', server]
  },
  score: dir => {
    const servers = 'annotate.endpoints=[{"url":"http://127.0.0.1:9"}]'
    return [join(dir, 'in'), '--format', 'steerlm', '--data-dir', dir, '--set', servers]
  },
}

const turn = { value: 'Why?', from: 'User', label: null }
const unlearnt = { system: 'S', mask: 'User', type: 'VALUE_TO_TEXT', conversations: [turn] }
const inputs = [
  ['an empty file', ''],
  ['rejected lines alone', 'no JSON\n{"x\n'],
] as const

const rows = [
  ...Object.keys(commands).flatMap(command => inputs.map(([what, text]) => [command, what, text] as const)),
  [
    'preprocess',
    'a tree without a reply',
    await readFile('test/golden/data/preprocess/quirks/empty.trees.jsonl', 'utf8'),
  ],
  ['clean', 'conversations of which nothing is learnt', `${JSON.stringify(unlearnt)}\n`],
] as const

test.each(rows)('%s of %s is no success, and says what to do', async (command, _, text) => {
  const dir = await temporaryFolder()
  writeFileSync(join(dir, 'in'), text)
  const { code, err } = await runMain([command, ...commands[command]!(dir)])
  expect([code, err]).toEqual([3, expect.stringMatching(/nothing is left: [^]*\n {2}next: /)])
  if (text.startsWith('no JSON') && command !== 'score') expect(err).toContain('2 lines rejected, see')
})

const question: Conversation = { ...conversation('q'), conversations: [{ value: 'Why?', from: 'User' }] }

test('datasets export of a snapshot of which nothing has a form in the format is none', async () => {
  const root = await temporaryFolder()
  await (await openSnapshots({ root })).materialise('d', await seal(root, [[question]]))
  const output = join(root, 'out')
  const argv = ['datasets', 'export', 'd', '--format', 'messages', '--output', output, '--data-dir', root]
  const { code, err } = await runMain(argv)
  expect([code, err]).toEqual([3, expect.stringMatching(/nothing is left: [^]*\n {2}next: choose another --format/)])
})
