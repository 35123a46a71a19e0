import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { pin } from '../../../src/adapters/snapshot/pins.js'
import { exitCodes } from '../../../src/cli/command.js'
import { ReaderGone } from '../../../src/cli/output/output.js'
import { main } from '../../../src/cli/program.js'
import { runCli, startCli } from '../../support/cli.js'
import { leafCommands, rowsThatDiffer } from '../../support/commands.js'
import { writeManyRecords } from '../../support/many-records.js'
import { type ContractServer, startContractServer } from '../../support/contract-server/server.js'

interface Row {
  /** What follows the name of the command; paths begin with `./`. */
  readonly args: readonly string[]
  /** Its exit code when it is done; default 0. */
  readonly code?: number
  /** Has no result to print where all is well; its messages say so. */
  readonly silent?: true
  /** Prints more than a pipe holds. */
  readonly large?: true
  /** Changes what it works on, if there is anything to do: every run gets a copy of the folder. */
  readonly changes?: true | 'nothing is left'
  /** Puts into the copy what there is to do. */
  readonly before?: (copy: string) => void | Promise<void>
  /** The exit code of a second run, where there is nothing left to do for it; default: as that of the first. */
  readonly again?: number
  /** Changes one thing after the other: each is whole, and all are when it has run again. */
  readonly piecemeal?: true
  /** Writes steerflow.yaml into the folder where it is called. */
  readonly here?: true
  /** Runs until it is stopped. */
  readonly serves?: true
}

/** What all rows work on: the folder of a finished quickstart on 30 trees and a line that is none, and one of many records. */
let root = ''
let many: Awaited<ReturnType<typeof writeManyRecords>>
let policy: ContractServer
let value: ContractServer
let rows: Readonly<Record<string, Row>>
let copies = 0

const tokenizer = `${process.cwd()}/examples/data/tokenizer.model.v1`
const onlyFolder = (path: string): string => readdirSync(path).find(name => /^[\da-f]{64}$/.test(name))!
/** More than a pipe holds, one a line. */
const rowsOfMany = 700

function allRows(): Record<string, Row> {
  const data = join(root, 'data')
  const of = (...args: string[]): string[] => [...args, '--data-dir', './data']
  const ofMany = (...args: string[]): string[] => [...args, '--data-dir', './many']
  const snapshot = onlyFolder(join(data, 'datasets', 'value-model'))
  const job = readdirSync(join(data, 'jobs')).find(name => name.startsWith('value-model'))!
  const model = `./data/jobs/${job}/attempt-1/output/model.json`
  const first = readFileSync(join(data, 'datasets', 'value-model', snapshot, 'train.jsonl'), 'utf8').split('\n')[0]!
  const { tree_id: tree } = JSON.parse(first) as { tree_id: string }
  return {
    quickstart: { args: of('./trees.jsonl'), changes: 'nothing is left' },
    init: { args: ['--force'], here: true },
    completion: { args: ['bash'] },
    score: { args: of('./trees.jsonl'), code: 3, large: true },
    ask: { args: of('Why?', '--endpoint', policy.url) },
    run: { args: of('--until-idle'), silent: true, changes: 'nothing is left' },
    ingest: { args: of('./more.jsonl'), changes: true },
    status: { args: of() },
    graph: { args: [] },
    tap: { args: of('conversations.raw'), large: true },
    'config check': { args: of() },
    'config show': { args: of('--schema'), large: true },
    'topics plan': { args: of() },
    'topics apply': { args: of(), changes: 'nothing is left' },
    'schemas check': { args: of() },
    // A registry is a part of its own; without one the command says so.
    'schemas register': { args: of(), code: 2 },
    doctor: { args: of() },
    'datasets list': { args: of() },
    'datasets show': { args: of('steerlm') },
    'datasets snapshot': {
      args: of('steerlm'),
      changes: true,
      before: copy => rmSync(join(copy, 'data/datasets/steerlm'), { recursive: true }),
    },
    'datasets export': {
      args: of('steerlm', '--format', 'sharegpt', '--output', './exported'),
      changes: true,
      again: 2,
    },
    'datasets gc': {
      args: of('--set', 'datasets.value-model.snapshot.keep={count: 1}'),
      changes: true,
      before: copy => ['a', 'b'].forEach(name => oldSnapshot(copy, snapshot, name.repeat(64))),
    },
    'datasets pin': { args: of('value-model', snapshot), changes: true },
    'datasets unpin': {
      args: of('value-model', snapshot),
      changes: true,
      before: copy => pin(join(copy, 'data'), 'value-model', snapshot),
    },
    'datasets verify': { args: of('--json') },
    'shards list': { args: ofMany(), large: true },
    'shards verify': { args: of('--json') },
    'shards gc': { args: of(), changes: true, before: unnamedShards, piecemeal: true },
    trace: { args: of('./trees.jsonl:31', '--json'), large: true },
    relabel: {
      args: of('--model', 'B', '--until-idle', '--set', `annotate={model: B, endpoints: ['${value.url}']}`),
      changes: true,
    },
    forget: { args: of('--tree', tree), changes: true },
    'jobs list': { args: ofMany('--json'), large: true },
    'jobs show': { args: ofMany(many.failed), large: true },
    'jobs retry': { args: ofMany(many.failed), changes: true, again: 2 },
    'jobs cancel': { args: ofMany(many.requested), changes: true, again: 2 },
    'jobs lint': { args: of() },
    'jobs gc': { args: of(), changes: 'nothing is left' },
    'models list': { args: of() },
    'models promote': { args: ofMany('A'), changes: true },
    'models rollback': { args: ofMany(), changes: true, again: 2 },
    'bootstrap start': { args: of('--set', `sample.endpoints=['${policy.url}']`), changes: true, again: 2 },
    'bootstrap status': { args: of() },
    'bootstrap report': { args: of(), code: 2 },
    'bootstrap stop': {
      args: of(),
      changes: true,
      again: 2,
      before: async cwd => void (await within('bootstrap start', { cwd })),
    },
    'baseline train': {
      args: ['--snapshot', `./data/datasets/value-model/${snapshot}`, '--output', './model', '--folds', '1'],
      changes: true,
    },
    'baseline serve': { args: ['--model', model, '--port', '0'], serves: true },
    'dead-letters summary': { args: of() },
    'dead-letters list': { args: ofMany('--limit', String(rowsOfMany)), large: true },
    'dead-letters show': { args: of('0:0') },
    'dead-letters replay': { args: ofMany(), changes: true },
    'offsets reset': { args: of('--node', 'annotate', '--to-earliest'), changes: true },
    preprocess: { args: ['--input-file', './trees.jsonl', '--output-file-prefix', './out'], code: 3, changes: true },
    clean: {
      args: [
        '--dataset-file',
        `./data/datasets/value-model/${snapshot}/train.jsonl`,
        '--output-file',
        './cleaned.jsonl',
        '--model-file',
        tokenizer,
        '--seq-len',
        '4096',
      ],
      changes: true,
    },
    annotate: { args: ['--input-file-name', `./data/datasets/value-model/${snapshot}/train.jsonl`, '--estimate'] },
  }
}

/** A tree of which as many records are made as give a long trace. */
function manyReplies(line: string): string {
  const tree = JSON.parse(line) as { prompt: { replies: { message_id: string; text: string }[] } }
  const [reply] = tree.prompt.replies
  const replies = Array.from({ length: 32 }, (_, at) => {
    return { ...reply!, message_id: `${reply!.message_id}-${at}`, text: `${at}. ${reply!.text}`, replies: [] }
  })
  return JSON.stringify({ ...tree, prompt: { ...tree.prompt, replies } })
}

/** A snapshot that nothing needs, and that was not made just now. */
function oldSnapshot(copy: string, like: string, name: string): void {
  const all = join(copy, 'data/datasets/value-model')
  cpSync(join(all, like), join(all, name), { recursive: true })
  utimesSync(join(all, name), 1, 1)
}

/** Files that killed processes have left: the names of shards, and other bytes. */
function unnamedShards(copy: string): void {
  const all = join(copy, 'data/shards/value-model/train')
  const [shard] = readdirSync(all)
  for (const digest of ['a', 'b']) {
    writeFileSync(join(all, shard!.replace(/[0-9a-f]{16}(?=\.jsonl$)/, digest.repeat(16))), 'torn')
  }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'steerflow-test-'))
  policy = await startContractServer({ serves: 'policy' })
  value = await startContractServer({})
  const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').slice(0, 36)
  writeFileSync(join(root, 'trees.jsonl'), `${trees.slice(0, 30).join('\n')}\n${manyReplies(trees[30]!)}\nno JSON\n`)
  writeFileSync(join(root, 'more.jsonl'), trees.slice(31).join('\n'))
  const { code, stderr } = await runCli(['quickstart', 'trees.jsonl', '--data-dir', 'data'], { cwd: root })
  expect(code, stderr.slice(-2000)).toBe(0)
  many = await writeManyRecords(join(root, 'many'), rowsOfMany)
  rows = allRows()
})

afterAll(async () => {
  await Promise.all([policy.stop(), value.stop()])
  rmSync(root, { recursive: true, force: true })
})

interface Printed {
  readonly code: number
  readonly out: string
  readonly messages: string
}

const inFolder = (words: readonly string[], cwd: string): string[] =>
  words.map(word => (word.startsWith('./') ? join(cwd, word) : word))

/** Runs a command in a process of its own, into what follows it on a line of bash. */
async function piped(name: string, into: string, cwd = root): Promise<Printed> {
  const words = [...name.split(' '), ...inFolder(rows[name]!.args, cwd)]
  const command = [process.execPath, join(process.cwd(), 'dist/cli/main.js'), ...words]
  const line = `"$@" ${into}; echo "ended with \${PIPESTATUS[0]}" >&2`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', line, 'bash', ...command], {
    cwd,
    maxBuffer: 2 ** 26,
  })
  const [, messages, code] = /^([^]*)ended with (\d+)\n$/.exec(stderr)!
  return { code: Number(code), out: stdout, messages: messages! }
}

/** Runs a command within this process; without a reader, each of its results fails to be written. */
async function within(name: string, { cwd = root, reader = true } = {}): Promise<Printed> {
  let [out, messages] = ['', '']
  const code = await main([...name.split(' '), ...inFolder(rows[name]!.args, cwd)], {
    out: async bytes => {
      await new Promise(setImmediate)
      if (!reader) throw new ReaderGone('standard output has no reader')
      out += String(bytes)
    },
    err: text => void (messages += text),
  })
  return { code, out, messages }
}

/** Runs something on a copy of the folder, as a row wants it. */
async function onCopy<T>(name: string, work: (copy: string) => Promise<T>): Promise<T> {
  const copy = `${root}-${++copies}`
  cpSync(root, copy, { recursive: true, verbatimSymlinks: true })
  try {
    await rows[name]!.before?.(copy)
    return await work(copy)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** What a folder holds: its files by their size, and of each log the ends of topics and what groups have committed. */
async function stateOf(folder: string): Promise<readonly string[]> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = names.flatMap(one => (one.isFile() ? relative(folder, join(one.parentPath, one.name)) : []))
  const found = files.filter(name => !passing.test(name)).sort()
  for (const data of ['data', 'many']) {
    const log = await openLog(join(folder, data))
    for (const { name } of await log.topics())
      for (const { partition, end } of await log.state(name)) found.push(`${data} ${name}/${partition} ${end}`)
    for (const { group, topic } of await log.groups())
      for (const [at, offset] of await log.committed(group, topic))
        found.push(`${data} ${group} ${topic}/${at} ${offset}`)
    await log.close()
  }
  return found
}

/** Files that come and go with processes. */
const passing = /^(data|many)\/(log|workers)\/|\.lock$/

const wholeRuns = new Map<string, Promise<Printed & { readonly state: readonly string[] }>>()
/** What a command that changes something prints, and what it leaves behind. */
function wholeRun(name: string) {
  const known = wholeRuns.get(name)
  if (known) return known
  const run = onCopy(name, async cwd => ({ ...(await within(name, { cwd })), state: await stateOf(cwd) }))
  wholeRuns.set(name, run)
  return run
}

/** What a person should never have to read about a pipe. */
const noise = /OUTPUT_BROKEN|EPIPE|Unhandled|\n {4}at /

/** Takes a byte, which shows that the command prints, then the rest when a pipe has long been full. */
const slowly = '| (IFS= read -r -n 1 byte; printf %s "$byte"; sleep 1; cat)'
/** Takes a byte and goes away. */
const leaving = '| head -c 1'

async function servesUntilStopped(name: string): Promise<void> {
  const { child, ended } = startCli([...name.split(' '), ...rows[name]!.args], { cwd: root })
  child.stdout.once('data', () => child.kill('SIGTERM'))
  expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http.+\n$/) as string })
}

/** A command that writes into the folder where it is called, with a reader and without one: the file is the same. */
async function writesHereUnread(name: string): Promise<void> {
  const written = await onCopy(name, async cwd => {
    await piped(name, '', cwd)
    return readFileSync(join(cwd, 'steerflow.yaml'), 'utf8')
  })
  await onCopy(name, async cwd => {
    const { code, messages } = await piped(name, '| true', cwd)
    expect([0, exitCodes.brokenPipe]).toContain(code)
    expect(messages).not.toMatch(noise)
    expect(readFileSync(join(cwd, 'steerflow.yaml'), 'utf8')).toBe(written)
  })
}

/** A command that changes something and whose reader has gone: the change is whole or not there, and is made up for. */
async function changesUnread(name: string): Promise<void> {
  const { code = 0, again = code } = rows[name]!
  const { state } = await wholeRun(name)
  await onCopy(name, async cwd => {
    const before = await stateOf(cwd)
    const { code: ended, messages } = await within(name, { cwd, reader: false })
    expect([code, exitCodes.brokenPipe]).toContain(ended)
    expect(messages).not.toMatch(noise)
    const left = await stateOf(cwd)
    if (rows[name]!.changes === true) expect(state).not.toEqual(before)
    else expect(state).toEqual(before)
    if (!rows[name]!.piecemeal) expect([before, state]).toContainEqual(left)
    const second = await within(name, { cwd })
    expect([code, again], second.messages).toContain(second.code)
    expect(await stateOf(cwd)).toEqual(state)
  })
}

test('every command has a row', () => {
  expect(rowsThatDiffer(rows, 'test/cli/output/every-command.real.test.ts')).toEqual([])
})

describe.each(leafCommands())('$name', { timeout: 300_000 }, ({ name }) => {
  test('gives all that it prints to a reader that takes its time, and the exit code of what it did', async () => {
    const { code = 0, large, silent, changes, here, serves } = rows[name]!
    if (serves) return servesUntilStopped(name)
    const printed = await (changes ? wholeRun(name) : here ? onCopy(name, cwd => piped(name, '', cwd)) : within(name))
    expect(printed.code, printed.messages).toBe(code)
    expect(printed.messages).not.toMatch(noise)
    if (silent || code === exitCodes.usage) expect(printed.out).toBe('')
    else expect(printed.out).toMatch(/\n$/)
    if (!large) return
    const { code: ended, out, messages } = await piped(name, slowly)
    expect(messages).not.toMatch(noise)
    expect(out.length).toBeGreaterThan(65_536)
    expect([ended, out === printed.out]).toEqual([code, true])
  })

  test('says nothing of a reader that goes away, and leaves nothing half done', async () => {
    const { code = 0, large, changes, here, serves } = rows[name]!
    if (serves || code === exitCodes.usage) return
    if (here) return writesHereUnread(name)
    if (changes) return changesUnread(name)
    const { code: ended, messages } = await (large ? piped(name, leaving) : within(name, { reader: false }))
    expect([code, exitCodes.brokenPipe]).toContain(ended)
    expect(messages).not.toMatch(noise)
  })
})
