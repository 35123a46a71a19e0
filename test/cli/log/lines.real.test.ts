import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { runCli, startCli } from '../../support/cli.js'
import { temporaryFolder } from '../../support/temporary.js'
import { unscoredClean } from '../../../src/topics.js'
import { namesTo } from '../../support/way.js'

/** What every line of the log has. */
const Line = z.looseObject({
  level: z.enum(['debug', 'info', 'warn', 'error', 'fatal']),
  time: z.iso.datetime(),
  host: z.string().min(1),
  pid: z.int().positive(),
  run: z.string().regex(/^[0-9a-f]{8}$/),
  worker: z.string().regex(/^steerflow-.+-\d+$/),
  version: z.string(),
  event: z.string(),
  msg: z.string(),
})
type Line = z.output<typeof Line>

/** Every line of standard error, each of them one of the log. */
const linesOf = (stderr: string): readonly Line[] => {
  expect(stderr).toMatch(/\n$/)
  return stderr
    .slice(0, -1)
    .split('\n')
    .map(line => Line.parse(JSON.parse(line)))
}

/** Runs this in the process of a command as soon as its log is open; worker threads are left alone. */
const imported = (script: string): string =>
  `--import=data:text/javascript,${encodeURIComponent(`
    import { isMainThread } from 'node:worker_threads'
    const look = () => process.listenerCount('uncaughtException') > 0 ? setImmediate(go) : setTimeout(look, 5)
    const go = () => { ${script} }
    if (isMainThread) look()
  `)}`

const noise = imported(`
  process.emitWarning('old version', { type: 'DeprecationWarning', code: 'DEP9' })
  console.error('library %s', 'speaks')
  console.log('and again')`)

const conversations = Array.from(
  { length: 6 },
  (_, index) => `{"messages":[{"role":"user","content":"q${index}"},{"role":"assistant","content":"a"}]}`,
).join('\n')

test('run: every line of a piped standard error is one of the log, warnings and libraries included', async () => {
  const dir = await temporaryFolder()
  const file = join(dir, 'own.jsonl')
  await writeFile(file, `${conversations}\nbroken\n`)
  const taken = await runCli(['ingest', file, '--data-dir', join(dir, 'd')])
  expect(taken.code, taken.stderr).toBe(0)
  // A machine that is busy takes long enough for progress to be told in between.
  const told = linesOf(taken.stderr).filter(({ event }) => event !== 'source')
  expect(told.map(({ event }) => event)).toEqual(['started', 'rejected', 'ended'])
  expect(told[2]).toMatchObject({ reason: 'done', sources: [{ records: 6, rejected: 1 }] })

  const nodes = namesTo(unscoredClean)
  const { child, ended } = startCli(['run', '--nodes', nodes, '--data-dir', join(dir, 'd')], {
    env: { NODE_OPTIONS: noise },
  })
  let seen = ''
  child.stderr.on('data', (text: string) => {
    seen += text
    const ready = ['and again', 'old version', '"assigned"'].every(part => seen.includes(part))
    if (ready && !child.killed) child.kill('SIGTERM')
  })
  const { code, stdout, stderr } = await ended
  expect(code, stderr).toBe(0)
  expect(stdout).toBe('')
  const lines = linesOf(stderr)
  expect(lines[0]).toMatchObject({
    event: 'started',
    command: 'run',
    nodeVersion: process.version,
    configuration: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    log: 'embedded',
    nodes: nodes.split(','),
    pid: child.pid,
  })
  expect(lines.at(-1)).toMatchObject({ event: 'ended', reason: 'stopped', level: 'info' })
  expect(lines.filter(({ event }) => event === 'process-warning')).toMatchObject([
    { level: 'warn', msg: 'old version', type: 'DeprecationWarning', code: 'DEP9' },
  ])
  const said = lines.filter(({ event }) => event === 'library').map(({ msg }) => msg)
  expect(said).toEqual(['library speaks', 'and again'])
  expect(new Set(lines.map(({ run }) => run)).size).toBe(1)
  expect(lines[0]!.run).not.toBe(linesOf(taken.stderr)[0]!.run)
})

test('a failure is a line too, with code and next step, and its exit code', async () => {
  const dir = await temporaryFolder()
  const wrong = ['run', '--nodes', 'preproces', '--data-dir', dir]
  const { code, stderr } = await runCli(wrong)
  expect(code).toBe(2)
  expect(linesOf(stderr)).toMatchObject([
    { event: 'ended', level: 'fatal', reason: 'failed', code: 'STEERFLOW_USAGE', exitCode: 2 },
  ])
  const refused = await runCli(['quickstart', '--data-dir', dir, '--set', 'clean.tokenizer=/no/such'])
  expect(refused.code).not.toBe(0)
  expect(linesOf(refused.stderr).at(-1)).toMatchObject({
    event: 'ended',
    reason: 'failed',
    code: expect.stringMatching(/^STEERFLOW_/) as string,
    next: expect.any(String) as string,
  })
  const silent = await runCli(wrong, { env: { STEERFLOW_LOG_LEVEL: 'silent' } })
  expect(silent.stderr).toMatch(/^STEERFLOW_USAGE: --nodes/)
})

test('an error that nobody caught is told, and so is the end', async () => {
  const dir = await temporaryFolder()
  const { code, stderr } = await runCli(['run', '--nodes', 'preprocess', '--data-dir', dir], {
    env: { NODE_OPTIONS: imported(`throw new Error('nobody')`) },
  })
  expect(code).toBe(1)
  const [first, ...rest] = linesOf(stderr).filter(({ event }) => event !== 'assigned')
  expect(first).toMatchObject({ event: 'started' })
  expect(rest).toMatchObject([
    { event: 'uncaught', level: 'fatal', code: 'STEERFLOW_BUG', stack: expect.stringContaining('nobody') as string },
    { event: 'ended', reason: 'cut off', exitCode: 1 },
  ])
})
