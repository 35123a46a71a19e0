import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runCli, startCli } from '../support/cli.js'
import { startContractServer } from '../support/contract-server/server.js'
import { spellings, startEchoing, traces } from '../support/echoing-server.js'
import { temporary } from '../support/pipelines.js'
import { annotated } from '../../src/topics.js'
import { namesTo } from '../support/way.js'

const secret = `s3cr3t/"<&>'%+key-with-all-of-it-0123456789`
const env = { ECHOED_KEY: secret }
const bound = 240_000

/** Texts that the server refuses: one for each spelling. */
const poisons = spellings.map((_, index) => `POISON-${index}-`)

/** A server that refuses those texts, and everything as long as it is away. */
async function echoing(isAway: () => boolean): Promise<string> {
  const behind = await startContractServer()
  const server = await startEchoing(behind.url, body => {
    if (isAway()) return 503
    return body.includes('POISON-') ? 400 : null
  })
  onTestFinished(async () => {
    server.close()
    await behind.stop()
  })
  return server.url
}

function expectClean(where: string, text: string): void {
  for (const trace of traces(secret)) {
    const at = text.toLowerCase().indexOf(trace.toLowerCase())
    expect(at === -1 ? '' : text.slice(Math.max(0, at - 80), at + 80), `${where} holds the key as ${trace}`).toBe('')
  }
}

const conversation = (value: string) => ({
  system: 'S\n\n',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
  conversations: [
    { from: 'User', value, label: null },
    { from: 'Assistant', value: `About ${value}.`, label: null },
  ],
})

test(
  'a key that a server says again is in nothing that annotate writes',
  async () => {
    const dir = temporary()
    // Long enough away for an outage to be told.
    let first: number | null = null
    const url = await echoing(() => performance.now() - (first ??= performance.now()) < 3_000)
    const texts = poisons.flatMap(poison => [`Hello ${poison}`, `All well with ${poison.slice(7)}`])
    writeFileSync(join(dir, 'in.jsonl'), texts.map(text => `${JSON.stringify(conversation(text))}\n`).join(''))
    const { code, stdout, stderr } = await runCli(
      [
        'annotate',
        '--input-file-name',
        join(dir, 'in.jsonl'),
        '--output-file-name',
        join(dir, 'out.jsonl'),
        '--endpoints',
        url,
        '--api-key-env',
        'ECHOED_KEY',
      ],
      { env },
    )
    expect(code, stderr).toBe(3)
    const rejected = readFileSync(join(dir, 'out.jsonl.rejected.jsonl'), 'utf8')
    expect(rejected.trim().split('\n')).toHaveLength(poisons.length)
    // What the server said is told, so that there was something to cut.
    expect(rejected).toContain('[redacted]')
    expectClean('standard error', stderr)
    expectClean('standard output', stdout)
    expectClean('the rejected lines', rejected)
    expectClean('the output', readFileSync(join(dir, 'out.jsonl'), 'utf8'))
  },
  bound,
)

/** Runs the compiled program on a terminal, where its log is a file. */
async function onTerminal(args: readonly string[]): Promise<{ code: number | null; screen: string }> {
  const spawned = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'
  const program = [process.execPath, join(process.cwd(), 'dist/cli/main.js'), ...args]
  const child = spawn('python3', ['-c', spawned, ...program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let screen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, screen }
}

test(
  'a key that a server says again is in no log, dead letter or status; an outage is no wait in the log as well',
  async () => {
    const dir = temporary()
    let away = true
    const texts = poisons.flatMap(poison => [`Hello ${poison}`, `All well with ${poison.slice(7)}`])
    writeFileSync(join(dir, 'few.jsonl'), texts.map(text => `${JSON.stringify(conversation(text))}\n`).join(''))
    const config = join(dir, 'steerflow.yaml')
    writeFileSync(
      config,
      `dataDir: ${dir}/data\nannotate:\n  endpoints: [{ url: '${await echoing(() => away)}', apiKeyEnv: ECHOED_KEY }]\n`,
    )
    const set = ['--config', config]
    expect(await runCli(['ingest', join(dir, 'few.jsonl'), ...set], { env })).toMatchObject({ code: 0 })
    const run = ['run', '--nodes', namesTo(annotated), ...set]

    const first = startCli(run, { env })
    let heard = ''
    first.child.stderr.on('data', (text: Buffer) => (heard += String(text)))
    // The status of a run under way, in its outage.
    let status = ''
    const stated = /status 503.*an inference server that answers/
    while (first.child.exitCode === null && !(stated.test(status) && heard.includes('"event":"outage"'))) {
      status = (await runCli(['status', '--fleet', '--json', ...set], { env })).stdout
    }
    expect(status).toMatch(stated)
    expectClean('status --fleet --json', status)
    expectClean('status', (await runCli(['status', '--fleet', ...set], { env })).stdout)
    first.child.kill('SIGTERM')
    const { stdout, stderr } = await first.ended
    expectClean('standard error', stderr)
    expectClean('standard output', stdout)

    away = false
    const { code, screen } = await onTerminal([...run, '--until-idle'])
    expect(code, screen).toBe(0)
    expectClean('the terminal', screen)
    const log = readFileSync(join(dir, 'data', 'run.log'), 'utf8')
    expectClean('run.log', log)
    const letters = (await runCli(['dead-letters', 'list', '--json', ...set], { env })).stdout
    expect(letters).toContain('[redacted]')
    expectClean('the dead letters', letters)
    const said = `${stderr}\n${log}`
    expect(said).toContain('"event":"outage"')
    expect(said.split('\n').filter(line => line.includes('"event":"waiting-for"'))).toEqual([])
  },
  bound,
)
