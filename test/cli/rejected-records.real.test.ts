import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLog } from '../../src/adapters/log/open.js'
import { encode } from '../../src/stages/node.js'
import type { Conversation } from '../../src/domain/conversation.js'
import { scored, topicSpecs } from '../../src/topics.js'
import { fourTurns, labelsBy } from '../support/annotated-by.js'
import { leafCommands, rowsThatDiffer } from '../support/commands.js'
import { type ContractServer, startContractServer } from '../support/contract-server/server.js'
import { runMain } from '../support/run-main.js'
import { temporaryFolder } from '../support/temporary.js'

let server: ContractServer
beforeAll(async () => {
  server = await startContractServer({})
})
afterAll(() => server.stop())

/** A folder with an input in it. */
interface Given {
  readonly dir: string
  readonly input: string
}

interface Row {
  /** Makes what the command works on, and returns the words that follow its name. */
  readonly argv: (given: Given) => readonly string[] | Promise<readonly string[]>
  /** A record that it takes. */
  readonly good: string
  /** A record that it rejects. */
  readonly bad: string
  /** Its exit code when it rejects one record of two: where the rest waits in the dead letters, it is done. */
  readonly some: 0 | 3
  /** What it says of that. */
  readonly says: RegExp
}

const tree = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n')[0]!
const turns = (label: string | null) => [
  { value: 'Why?', from: 'User', label: null },
  { value: 'Because.', from: 'Assistant', label },
]
const chat = (type: string, label: string | null): string =>
  JSON.stringify({ system: 'S', mask: 'User', type, conversations: turns(label) })
/** Of a format that is known, with a role that is not. */
const invalid = JSON.stringify({ message_tree_id: 'x', prompt: { message_id: 'x' } })
const inFile = { bad: 'no JSON', some: 3, says: /1 lines rejected, see .*rejected\.jsonl/ } as const
const folder = ({ dir }: Given) => ['--data-dir', dir]

async function ingested(given: Given): Promise<readonly string[]> {
  await runMain(['ingest', given.input, ...folder(given)])
  return folder(given)
}

/** Every command that can reject records; null for those that take none. */
const rows: Readonly<Record<string, Row | null>> = {
  ingest: {
    argv: given => [given.input, ...folder(given)],
    good: tree,
    bad: 'no JSON',
    some: 0,
    says: /1 rejected \(dead letters\): ingest 1/,
  },
  run: {
    argv: async given => ['--until-idle', '--nodes', 'preprocess', ...(await ingested(given))],
    good: tree,
    bad: invalid,
    some: 0,
    says: /1 rejected \(dead letters\): preprocess 1; steerflow dead-letters summary/,
  },
  quickstart: {
    argv: given => [given.input, ...folder(given)],
    good: tree,
    bad: invalid,
    some: 0,
    says: /1 rejected \(dead letters\): preprocess 1/,
  },
  relabel: {
    argv: async given => {
      const servers = `annotate={model: B, endpoints: ['${server.url}']}`
      const log = await openLog(given.dir)
      await log.ensure(topicSpecs)
      const lines = readFileSync(given.input, 'utf8').trimEnd().split('\n')
      await log.publish(
        lines.map(line => ({ topic: scored.name, key: Buffer.from('k'), value: Buffer.from(line), headers: {} })),
      )
      await log.close()
      return ['--model', 'B', '--until-idle', '--set', servers, ...folder(given)]
    },
    good: annotatedLine(),
    bad: '{}',
    some: 0,
    says: /1 rejected \(dead letters\): relabel-/,
  },
  'dead-letters replay': {
    // Named by their ids, so that one that cannot be replayed is something that was asked for and is not there.
    argv: async given => {
      await ingested(given)
      await runMain(['run', '--until-idle', '--nodes', 'preprocess', ...folder(given)])
      const { out } = await runMain(['dead-letters', 'list', '--json', ...folder(given)])
      const ids = out
        .trimEnd()
        .split('\n')
        .map(line => (JSON.parse(line) as { id: string }).id)
      return [...ids, ...folder(given)]
    },
    good: invalid,
    bad: 'no JSON',
    some: 3,
    says: /not replayed 0:0: it never reached a topic/,
  },
  score: {
    argv: given => [
      given.input,
      ...folder(given),
      '--format',
      'steerlm',
      '--set',
      `annotate={model: B, endpoints: ['${server.url}']}`,
    ],
    good: chat('VALUE_TO_TEXT', null),
    bad: 'no JSON',
    some: 3,
    says: /record 2: STEERFLOW_INPUT_JSON/,
  },
  preprocess: {
    argv: ({ dir, input }) => ['--input-file', input, '--output-file-prefix', join(dir, 'out'), '--split-ratio', '1'],
    good: tree,
    ...inFile,
  },
  clean: {
    argv: ({ dir, input }) => [
      ...['--dataset-file', input, '--output-file', join(dir, 'out.jsonl')],
      ...['--model-file', 'examples/data/tokenizer.model.v1', '--seq-len', '4096'],
    ],
    good: chat('VALUE_TO_TEXT', 'quality:4'),
    ...inFile,
  },
  annotate: {
    argv: ({ dir, input }) => [
      ...['--input-file-name', input, '--output-file-name', join(dir, 'out.jsonl')],
      ...['--endpoints', server.url],
    ],
    good: chat('VALUE_TO_TEXT', null),
    ...inFile,
  },
  ...Object.fromEntries(
    `init completion ask status graph tap config~check config~show topics~plan topics~apply schemas~check schemas~register doctor
    datasets~list datasets~show datasets~snapshot datasets~export datasets~gc datasets~pin datasets~unpin datasets~verify
    shards~list shards~verify shards~gc trace forget jobs~list jobs~show jobs~retry jobs~cancel jobs~lint jobs~gc
    models~list models~promote models~rollback bootstrap~start bootstrap~status bootstrap~report bootstrap~stop
    baseline~train baseline~serve dead-letters~summary dead-letters~list dead-letters~show offsets~reset`
      .split(/\s+/)
      .map(name => [name.replace('~', ' '), null]),
  ),
}

function annotatedLine(): string {
  const record = fourTurns(1)[0]!
  const labels = labelsBy(0, record)
  const given: Conversation = {
    ...record,
    conversations: record.conversations.map((turn, index) => ({ ...turn, label: labels[index]! })),
    steerflow: { ...record.steerflow, scores: labels.map(() => ({ quality: 3 })), value_model: 'A' },
  }
  return String(encode(scored, given).value)
}

test('every command has a row', () => {
  expect(rowsThatDiffer(rows, 'test/cli/rejected-records.real.test.ts')).toEqual([])
})

const rejecting = leafCommands().flatMap(({ name }) => (rows[name] ? [[name, rows[name]] as const] : []))

async function run(name: string, { argv }: Row, lines: readonly string[]) {
  const dir = await temporaryFolder()
  mkdirSync(join(dir, 'in'))
  const input = join(dir, 'in', 'source.jsonl')
  writeFileSync(input, lines.map(line => `${line}\n`).join(''))
  const words = await argv({ dir, input })
  const { code, out, err } = await runMain([...name.split(' '), ...words])
  return { code, said: `${out}${err}` }
}

test.each(rejecting)('%s ends with the code of the table where it rejects some', async (name, row) => {
  const { code, said } = await run(name, row, [row.good, row.bad])
  expect(said).toMatch(row.says)
  expect(code).toBe(row.some)
})

test.each(rejecting)('%s ends with 3 where it rejects all', async (name, row) => {
  const { code, said } = await run(name, row, [row.bad, row.bad])
  expect([code, said]).toEqual([3, expect.stringMatching(/rejected|none of its|replayed 0/)])
})

test('quickstart of conversations that were all rejected trains no model of others', async () => {
  const dir = await temporaryFolder()
  const input = join(dir, 'source.jsonl')
  writeFileSync(input, `${invalid}\n`)
  const { code, err } = await runMain(['quickstart', input, '--data-dir', dir])
  expect([code, err]).toEqual([3, expect.stringContaining('nothing is left: no conversation was annotated')])
  expect((await runMain(['models', 'list', '--data-dir', dir])).out).toBe('no models\n')
})

test('dead-letters replay of an id that is not there is called wrongly, and replays nothing', async () => {
  const dir = await temporaryFolder()
  const input = join(dir, 'source.jsonl')
  writeFileSync(input, `${invalid}\n`)
  await ingested({ dir, input })
  await runMain(['run', '--until-idle', '--nodes', 'preprocess', '--data-dir', dir])
  const { code, err } = await runMain(['dead-letters', 'replay', '0:0', '0:9', '--data-dir', dir])
  expect([code, err]).toEqual([2, expect.stringContaining('there is no dead letter 0:9')])
  expect((await runMain(['dead-letters', 'list', '--data-dir', dir])).out).toContain('waiting')
})
