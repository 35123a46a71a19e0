import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../../src/domain/digest.js'
import { exitCodes } from '../../../src/cli/command.js'
import { ReaderGone } from '../../../src/cli/output/output.js'
import { main } from '../../../src/cli/program.js'
import { runCli, startCli } from '../../support/cli.js'
import { leafCommands, rowsThatDiffer } from '../../support/commands.js'
import { type ContractServer, startContractServer } from '../../support/contract-server/server.js'

interface Row {
  /** What follows the name of the command. */
  readonly args: readonly string[]
  /** Its exit code when it is done; default 0. */
  readonly code?: number
  /** Has no result to print where all is well; its messages say so. */
  readonly silent?: true
  /** Prints more than a pipe holds. */
  readonly large?: true
  /** Changes what it works on: every run gets a copy of the folder. */
  readonly changes?: true
  /** Runs until it is stopped. */
  readonly serves?: true
}

/** What all rows work on: the folder of a finished quickstart on 30 trees and a line that is none. */
let root = ''
let policy: ContractServer
let value: ContractServer
let rows: Readonly<Record<string, Row>>
let copies = 0

const tokenizer = `${process.cwd()}/examples/data/tokenizer.model.v1`
const onlyFolder = (path: string): string => readdirSync(path).find(name => /^[\da-f]{64}$/.test(name))!

function allRows(): Record<string, Row> {
  const data = join(root, 'data')
  const of = (...args: string[]): string[] => [...args, '--data-dir', 'data']
  const snapshot = onlyFolder(join(data, 'datasets', 'value-model'))
  const job = readdirSync(join(data, 'jobs')).find(name => name.startsWith('value-model'))!
  const model = `data/jobs/${job}/attempt-1/output/model.json`
  const name = `value-model-${sha256(readFileSync(join(root, model))).slice(0, 12)}`
  const first = readFileSync(join(data, 'datasets', 'value-model', snapshot, 'train.jsonl'), 'utf8').split('\n')[0]!
  const { tree_id: tree, steerflow } = JSON.parse(first) as { tree_id: string; steerflow: { id: string } }
  return {
    quickstart: { args: of('trees.jsonl'), changes: true },
    init: { args: ['--force'], changes: true },
    completion: { args: ['bash'] },
    score: { args: of('trees.jsonl'), code: 3, large: true },
    ask: { args: of('Why?', '--endpoint', policy.url) },
    run: { args: of('--until-idle'), silent: true, changes: true },
    ingest: { args: of('trees.jsonl'), changes: true },
    status: { args: of() },
    graph: { args: [] },
    tap: { args: of('conversations.raw'), large: true },
    'config check': { args: of() },
    'config show': { args: of('--schema'), large: true },
    'topics plan': { args: of() },
    'topics apply': { args: of(), changes: true },
    'schemas check': { args: of() },
    // A registry is a part of its own; without one the command says so.
    'schemas register': { args: of(), code: 2 },
    doctor: { args: of() },
    'datasets list': { args: of() },
    'datasets show': { args: of('steerlm') },
    'datasets snapshot': { args: of('steerlm'), changes: true },
    'datasets export': { args: of('steerlm', '--format', 'sharegpt', '--output', 'exported'), changes: true },
    'datasets gc': { args: of(), changes: true },
    'datasets pin': { args: of('value-model', snapshot), changes: true },
    'datasets unpin': { args: of('value-model', snapshot), changes: true },
    'datasets verify': { args: of('--json') },
    'shards list': { args: of() },
    'shards verify': { args: of('--json') },
    'shards gc': { args: of(), silent: true, changes: true },
    trace: { args: of(steerflow.id) },
    relabel: {
      args: of('--model', 'B', '--until-idle', '--set', `annotate={model: B, endpoints: ['${value.url}']}`),
      changes: true,
    },
    forget: { args: of('--tree', tree), changes: true },
    'jobs list': { args: of() },
    'jobs show': { args: of(job) },
    'jobs retry': { args: of(job), code: 2 },
    'jobs cancel': { args: of(job), code: 2 },
    'jobs lint': { args: of() },
    'jobs gc': { args: of(), changes: true },
    'models list': { args: of() },
    'models promote': { args: of(name), changes: true },
    'models rollback': { args: of(), code: 2 },
    'bootstrap start': { args: of('--set', `sample.endpoints=['${policy.url}']`), changes: true },
    'bootstrap status': { args: of() },
    'bootstrap report': { args: of(), code: 2 },
    'bootstrap stop': { args: of(), code: 2 },
    'baseline train': {
      args: ['--snapshot', `data/datasets/value-model/${snapshot}`, '--output', 'model', '--folds', '1'],
      changes: true,
    },
    'baseline serve': { args: ['--model', model, '--port', '0'], serves: true },
    'dead-letters summary': { args: of() },
    'dead-letters list': { args: of() },
    'dead-letters show': { args: of('0:0') },
    // A line that is no JSON has no record to replay.
    'dead-letters replay': { args: of('--dry-run'), code: 3 },
    'offsets reset': { args: of('--node', 'annotate', '--to-earliest', '--dry-run') },
    preprocess: { args: ['--input-file', 'trees.jsonl', '--output-file-prefix', 'out'], code: 3, changes: true },
    clean: {
      args: [
        '--dataset-file',
        `data/datasets/value-model/${snapshot}/train.jsonl`,
        '--output-file',
        'cleaned.jsonl',
        '--model-file',
        tokenizer,
        '--seq-len',
        '4096',
      ],
      changes: true,
    },
    annotate: { args: ['--input-file-name', `data/datasets/value-model/${snapshot}/train.jsonl`, '--estimate'] },
  }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'steerflow-test-'))
  policy = await startContractServer({ serves: 'policy' })
  value = await startContractServer({})
  const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').slice(0, 30)
  writeFileSync(join(root, 'trees.jsonl'), `${trees.join('\n')}\nno JSON\n`)
  const { code, stderr } = await runCli(['quickstart', 'trees.jsonl', '--data-dir', 'data'], { cwd: root })
  expect(code, stderr.slice(-2000)).toBe(0)
  rows = allRows()
})

afterAll(async () => {
  await Promise.all([policy.stop(), value.stop()])
  rmSync(root, { recursive: true, force: true })
})

/** Processes at a time. */
let free = 2
const waiting: (() => void)[] = []
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (free === 0) await new Promise<void>(resolve => waiting.push(resolve))
  else free--
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
}

interface Piped {
  readonly code: number
  /** What the reader passed on. */
  readonly out: string
  readonly messages: string
}

/** Runs a command in the folder, or in a copy of it, into what follows it on a line of bash. */
const run = (name: string, into: string): Promise<Piped> =>
  inTurn(async () => {
    const { args, changes } = rows[name]!
    const cwd = changes ? `${root}-${++copies}` : root
    if (changes) cpSync(root, cwd, { recursive: true, verbatimSymlinks: true })
    const command = [process.execPath, join(process.cwd(), 'dist/cli/main.js'), ...name.split(' '), ...args]
    const line = `"$@" ${into}; echo "ended with \${PIPESTATUS[0]}" >&2`
    try {
      const { stdout, stderr } = await promisify(execFile)('bash', ['-c', line, 'bash', ...command], {
        cwd,
        maxBuffer: 2 ** 26,
      })
      const [, messages, code] = /^([^]*)ended with (\d+)\n$/.exec(stderr)!
      return { code: Number(code), out: stdout, messages: messages! }
    } finally {
      if (changes) rmSync(cwd, { recursive: true, force: true })
    }
  })

/** What a person should never have to read about a pipe. */
const noise = /OUTPUT_BROKEN|EPIPE|Unhandled|\n {4}at /

/** Take a byte, which shows that the command prints, then the rest; the first does so when a pipe has long been full. */
const slowly = '| (IFS= read -r -n 1 byte; printf %s "$byte"; sleep 1; cat)'
const promptly = '| (IFS= read -r -n 1 byte; printf %s "$byte"; cat)'
/** Takes a byte and goes away. */
const leaving = '| head -c 1'

/** Runs a command within this process, on the same folder, with a reader that has gone before the first result. */
async function runToNobody(name: string) {
  const words = rows[name]!.args.map(word => (/^data(?:\/|$)/.test(word) ? join(root, word) : word))
  let messages = ''
  const code = await main([...name.split(' '), ...words], {
    out: () => Promise.reject(new ReaderGone('standard output has no reader')),
    err: text => void (messages += text),
  })
  return { code, messages }
}

async function servesUntilStopped(name: string): Promise<void> {
  const { child, ended } = startCli([...name.split(' '), ...rows[name]!.args], { cwd: root })
  child.stdout.once('data', () => child.kill('SIGTERM'))
  expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http.+\n$/) as string })
}

test('every command has a row', () => {
  expect(rowsThatDiffer(rows, 'test/cli/output/every-command.real.test.ts')).toEqual([])
})

describe.each(leafCommands())('$name', { concurrent: true, timeout: 300_000 }, ({ name }) => {
  test('gives all that it prints to a reader that takes its time, and the exit code of what it did', async () => {
    const { code = 0, large, silent, serves } = rows[name]!
    if (serves) return servesUntilStopped(name)
    const piped = await run(name, large ? slowly : promptly)
    expect(piped.code, piped.messages).toBe(code)
    expect(piped.messages).not.toMatch(noise)
    if (silent || code === exitCodes.usage) expect(piped.out).toBe('')
    else expect(piped.out).toMatch(/\n$/)
    if (!large) return
    const { code: ended } = await run(name, `> '${name}.printed'`)
    const printed = readFileSync(join(root, `${name}.printed`), 'utf8')
    expect(printed.length).toBeGreaterThan(65_536)
    expect([ended, piped.out === printed]).toEqual([code, true])
  })

  test('says nothing of a reader that goes away', async () => {
    const { code = 0, large, silent, changes, serves } = rows[name]!
    // What changes its folder prints through the same session as the others; processes take a second each.
    if (serves || silent || changes || code === exitCodes.usage) return
    const { code: ended, messages } = await (large ? run(name, leaving) : runToNobody(name))
    expect([code, exitCodes.brokenPipe]).toContain(ended)
    expect(messages).not.toMatch(noise)
  })
})
