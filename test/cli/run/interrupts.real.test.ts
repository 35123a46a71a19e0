import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startCli } from '../../support/cli.js'
import { rowsThatDiffer } from '../../support/commands.js'
import { writeManyRecords } from '../../support/many-records.js'
import { temporary } from '../../support/pipelines.js'
import { runMain } from '../../support/run-main.js'

const trees = 'examples/data/oasst1_en_val.trees.jsonl'

/** What a row is started in. */
interface Place {
  readonly dir: string
  /** A few trees. */
  readonly few: string
  /** A value model server that never answers. */
  readonly url: string
  /** Makes a named pipe that nobody writes into; the command has begun when it opens it. */
  readonly pipe: (path: string) => string
}

interface Row {
  /** What follows the name of the command, when all that it needs is there. */
  readonly args: (place: Place) => readonly string[] | Promise<readonly string[]>
  readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP'
  /** Runs until it is stopped: that ends its work, with 0. */
  readonly untilStopped?: true
  /** Begins to wait after it has printed this; default: with the first request to the server, or when it opens the pipe. */
  readonly prints?: RegExp
}

/** A folder in which a job is requested and a shard is a pipe. */
async function withShardPipe({ dir, pipe }: Place): Promise<string> {
  await writeManyRecords(dir, 1)
  const { out } = await runMain(['shards', 'list', '--json', '--data-dir', dir])
  const path = join(dir, (JSON.parse(out) as { path: string }).path)
  mkdirSync(dirname(path), { recursive: true })
  return pipe(path)
}

const digest = 'a'.repeat(64)

/** A snapshot whose training records are a pipe. */
function snapshotOfPipe({ dir, pipe }: Place): void {
  const path = `datasets/steerlm/${digest}`
  mkdirSync(join(dir, path), { recursive: true })
  const split = { records: 1, bytes: 1, sha256: digest }
  const snapshot = { dataset: 'steerlm', digest, path, train: 1, validation: 1, attribute_set: 'oasst-12-lang@1' }
  const manifest = { ...snapshot, splits: { train: split, validation: split } }
  writeFileSync(join(dir, path, 'manifest.json'), JSON.stringify(manifest))
  pipe(join(dir, path, 'train.jsonl'))
}

const ingested = async ({ dir, few }: Place): Promise<void> =>
  void expect((await runMain(['ingest', few, '--data-dir', dir])).code).toBe(0)
const inDir = ({ dir }: Place, ...args: string[]): string[] => [...args, '--data-dir', dir]
const asking = ({ url }: Place, model?: string): string[] => [
  '--set',
  `annotate.endpoints=${JSON.stringify([{ url, model }])}`,
]

const line = JSON.stringify({
  conversations: [
    { value: 'Explain it.', from: 'User', label: null },
    { value: 'It is simple.', from: 'Assistant', label: null },
  ],
  ...{ system: '', mask: 'User', type: 'VALUE_TO_TEXT' },
})

/** Commands that last as long as a server, a file or a person makes them; null: it ends with what is there. */
const lasting: Readonly<Record<string, readonly Row[] | null>> = {
  quickstart: [{ args: place => inDir(place, place.few, ...asking(place)), signal: 'SIGINT' }],
  init: null,
  completion: null,
  score: [{ args: place => inDir(place, place.few, ...asking(place)), signal: 'SIGTERM' }],
  ask: [{ args: place => inDir(place, 'Why?', '--endpoint', place.url), signal: 'SIGINT' }],
  run: (['SIGTERM', 'SIGHUP'] as const).map(signal => ({
    args: async place => {
      await ingested(place)
      return inDir(place, ...(signal === 'SIGHUP' ? ['--until-idle'] : []), ...asking(place))
    },
    signal,
    ...(signal === 'SIGTERM' && { untilStopped: true }),
  })),
  ingest: [{ args: place => inDir(place, place.pipe(join(place.dir, 'pipe'))), signal: 'SIGTERM' }],
  status: null,
  graph: null,
  tap: [
    {
      args: async place => {
        await ingested(place)
        return inDir(place, 'conversations.raw', '--follow')
      },
      signal: 'SIGINT',
      prints: /\n/,
      untilStopped: true,
    },
  ],
  'config check': null,
  'config show': null,
  'topics plan': null,
  'topics apply': null,
  'schemas check': null,
  'schemas register': null,
  doctor: null,
  'datasets list': null,
  'datasets show': null,
  'datasets snapshot': [
    {
      args: async place => {
        await withShardPipe(place)
        return inDir(place, 'many')
      },
      signal: 'SIGINT',
    },
  ],
  'datasets export': [
    {
      args: place => {
        snapshotOfPipe(place)
        return inDir(place, 'steerlm', '--format', 'steerlm', '--snapshot', digest, '--output', join(place.dir, 'out'))
      },
      signal: 'SIGINT',
    },
  ],
  'datasets gc': null,
  'datasets pin': null,
  'datasets unpin': null,
  'datasets verify': null,
  'shards list': null,
  'shards verify': [
    {
      args: async place => {
        await withShardPipe(place)
        return inDir(place)
      },
      signal: 'SIGTERM',
    },
  ],
  'shards gc': null,
  trace: null,
  relabel: [
    {
      args: async place => {
        await ingested(place)
        return inDir(place, '--model', 'm', ...asking(place, 'm'))
      },
      signal: 'SIGTERM',
      prints: /"event":"assigned"/,
      untilStopped: true,
    },
  ],
  forget: null,
  'jobs list': null,
  'jobs show': [
    {
      args: async place => inDir(place, (await writeManyRecords(place.dir, 1)).requested, '--follow'),
      signal: 'SIGINT',
      prints: /steps\n/,
      untilStopped: true,
    },
  ],
  'jobs retry': null,
  'jobs cancel': null,
  'jobs lint': null,
  'jobs gc': null,
  'models list': null,
  'models promote': null,
  'models rollback': null,
  'bootstrap start': null,
  'bootstrap status': null,
  'bootstrap report': null,
  'bootstrap stop': null,
  'baseline train': [
    {
      args: ({ dir, pipe }) => {
        pipe(join(dir, 'train.jsonl'))
        return ['--snapshot', dir, '--output', join(dir, 'model')]
      },
      signal: 'SIGTERM',
    },
  ],
  // test/cli/output/every-command.real.test.ts stops it.
  'baseline serve': null,
  'dead-letters summary': null,
  'dead-letters list': null,
  'dead-letters show': null,
  'dead-letters replay': null,
  'offsets reset': null,
  preprocess: [
    {
      args: ({ dir, pipe }) => ['--input-file', pipe(join(dir, 'pipe')), '--output-file-prefix', join(dir, 'out')],
      signal: 'SIGINT',
    },
  ],
  clean: [
    {
      args: ({ dir, pipe }) => [
        ...['--dataset-file', pipe(join(dir, 'pipe')), '--output-file', join(dir, 'out')],
        ...['--model-file', 'examples/data/tokenizer.model.v1'],
      ],
      signal: 'SIGTERM',
    },
  ],
  annotate: [
    {
      args: ({ dir, url }) => {
        writeFileSync(join(dir, 'in.jsonl'), `${line}\n`)
        return [
          ...['--input-file-name', join(dir, 'in.jsonl'), '--output-file-name', join(dir, 'out.jsonl')],
          ...['--endpoints', url],
        ]
      },
      signal: 'SIGINT',
    },
  ],
}

/** A value model server that never answers a request, and tells of the first. */
async function silentServer() {
  const server = createServer((request, response) => {
    if (request.method === 'GET') response.writeHead(404).end()
    else server.emit('asked')
  })
  const asked = once(server, 'asked')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Commands whose results get their names at the end: the signal itself ends them, and leaves nothing. */
const endedBySignal = new Set([
  'datasets snapshot',
  'datasets export',
  'shards verify',
  'baseline train',
  'preprocess',
  'clean',
  'annotate',
])

/** Starts a command, waits until it waits, sends it signals; its exit status as a shell says it. */
async function signalled(name: string, { args, prints }: Row, ...signals: readonly NodeJS.Signals[]): Promise<number> {
  const dir = temporary()
  const few = join(dir, 'few.jsonl')
  writeFileSync(few, readFileSync(trees, 'utf8').split('\n').slice(0, 12).join('\n'))
  const { url, asked } = await silentServer()
  let piped: string | null = null
  const pipe = (path: string): string => {
    expect(spawnSync('mkfifo', [path]).status).toBe(0)
    return (piped = path)
  }
  const { child, ended, printed } = startCli([...name.split(' '), ...(await args({ dir, few, url, pipe }))])
  const opened = piped === null ? null : open(piped, 'w')
  const begun = prints ? printed(output => prints.test(output)) : (opened ?? asked)
  await Promise.race([begun, ended])
  for (const signal of signals) child.kill(signal)
  const { code, signal, stderr } = await ended
  expect(stderr).not.toContain('STEERFLOW_')
  // Whoever has something to finish ends by itself.
  expect(signal === null).toBe(!endedBySignal.has(name))
  // One that the command never opened is let go by a reader.
  if (piped !== null) await (await open(piped, 'r+')).close()
  await (await opened)?.close()
  return code ?? 128 + constants.signals[signal!]
}

test('every command has a row', () => {
  expect(rowsThatDiffer(lasting, 'test/cli/run/interrupts.real.test.ts')).toEqual([])
})

const all = Object.entries(lasting).flatMap(([name, rows]) => (rows ?? []).map(row => ({ name, ...row })))

test.each(all)('$name ends in good order on $signal', async ({ name, ...row }) => {
  const { signal, untilStopped } = row
  expect(await signalled(name, row, signal)).toBe(untilStopped ? 0 : 128 + constants.signals[signal])
})

/** Commands of every kind that lasts: they read files, ask servers, follow a topic, work on a log. */
test.each(['run', 'ingest', 'annotate', 'ask', 'relabel', 'tap'])('a second signal ends %s at once', async name => {
  const row = lasting[name]![0]!
  // Signals that wait together have no order: the one that comes second decides, unless the first has ended the command.
  const allowed = row.untilStopped ? [0, 129, 143] : [129, 143]
  expect(allowed).toContain(await signalled(name, row, 'SIGHUP', 'SIGTERM'))
})
