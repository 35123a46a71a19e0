import { readFileSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { startCli } from '../support/cli.js'
import type { FaultRule } from '../support/contract-server/faults.js'
import { startContractServer } from '../support/contract-server/server.js'
import { temporary } from '../support/pipelines.js'
import { runMain } from '../support/run-main.js'

/** A line of the run's log. */
const Line = z.looseObject({ event: z.string() })
type Line = z.output<typeof Line>

const refusing: FaultRule = { fault: { kind: 'status', status: 503 } }
/** Of these requests, those for a whole label line: they end at its end. */
const linesOf = (requests: number[]): FaultRule => ({
  fault: { kind: 'nonsense' },
  requests,
  containing: String.raw`"end_strings": ["\n"`,
})

/** Sixty trees in the log, their records cleaned, those with labels sealed. */
async function prepared() {
  const root = temporary()
  const steerflow = async (...argv: readonly string[]): Promise<string> => {
    const { code, out, err } = await runMain([...argv, '--data-dir', root])
    expect(code, err).toBe(0)
    return out
  }
  const file = join(root, 'trees.jsonl')
  const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').slice(0, 60)
  writeFileSync(file, `${trees.join('\n')}\n`)
  await steerflow('ingest', file)
  await steerflow('run', '--until-idle', '--nodes', 'preprocess,clean-labelled,clean-unscored,seal-labelled')
  return { root, steerflow }
}

test('a missing shard and a server in trouble, in one run: what its log and status say, and the way back', async () => {
  const { root, steerflow } = await prepared()
  const [first] = (await steerflow('shards', 'list', '--json')).split('\n')
  const shard = join(root, z.object({ path: z.string() }).parse(JSON.parse(first!)).path)
  await rename(shard, `${shard}.aside`)
  const server = await startContractServer({ faults: [refusing] })
  onTestFinished(() => server.stop())
  const { url } = server

  const { child, ended, printed } = startCli([
    ...['run', '--nodes', 'trigger,count-sealed,annotate', '--data-dir', root],
    ...['--set', 'datasets.value-model={trainer: none, when: {newSinceLast: 1}}'],
    ...['--set', `annotate={model: m, endpoints: ['${url}']}`],
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  let lines: readonly Line[] = []
  /** Resolves when the log has these lines, in any order. */
  const logged = (...wanted: readonly object[]): Promise<void> =>
    printed(output => {
      lines = output.split('\n').flatMap(line => (line.endsWith('}') ? [Line.parse(JSON.parse(line))] : []))
      const has = (line: Line, fields: object) => Object.entries(fields).every(([name, value]) => line[name] === value)
      return wanted.every(fields => lines.some(line => has(line, fields)))
    })
  const status = (...flags: readonly string[]) => expect.poll(() => steerflow('status', ...flags), { interval: 200 })
  /** The row of the server, by its state and how it is asked. */
  const row = (state: string, by: string): RegExp => new RegExp(`^${url} +– +${state} +${by} `, 'm')

  const missing = `cannot read ${shard}: ENOENT`
  await logged(
    { event: 'paused', level: 'error', node: 'trigger', code: 'STEERFLOW_STORAGE' },
    { event: 'endpoint-ejected', level: 'warn', url },
  )
  const paused = lines.find(({ event }) => event === 'paused')!
  expect(paused).toMatchObject({
    cause: expect.stringContaining(missing) as string,
    msg: expect.stringMatching(/^trigger, partition \d+: paused: STEERFLOW_STORAGE: cannot read /) as string,
    next: expect.stringContaining('resumes by itself') as string,
  })
  expect(lines.find(({ event }) => event === 'endpoint-ejected')).toMatchObject({
    msg: expect.stringMatching(`^${url} is ejected for a while: status 503: `) as string,
  })
  await status().toMatch(/^trigger +training\.shards .* paused: STEERFLOW_STORAGE: cannot read /m)
  await status().toContain(`: STEERFLOW_STORAGE: ${missing}`)
  await status('--fleet').toMatch(row('ejected', 'line'))
  expect(await steerflow('status', '--fleet')).toContain(`${url}: status 503: `)

  // Another reader of the same topic has gone on to its end.
  await status().toMatch(/^count-sealed +training\.shards .* done$/m)
  expect(await steerflow('jobs', 'list')).toBe('no jobs\n')
  await rename(`${shard}.aside`, shard)
  await logged({ event: 'resumed', level: 'info', node: 'trigger', partition: paused.partition })
  await status().not.toContain('paused')
  expect(await steerflow('jobs', 'list', '--dataset', 'value-model')).toMatch(/value-model-[0-9a-f]{12}-none/)

  // Until it has answered well it is asked one thing at a time: three lines, of which the first may be there already.
  const { requests } = server.counters
  server.faults([linesOf([requests, requests + 1, requests + 2, requests + 3])])
  const release = server.hold(requests + 4)
  await logged({ event: 'endpoint-asked', by: 'attributes', url })
  await status('--fleet').toMatch(row('\\w+', 'attributes'))
  release()
  await logged({ event: 'endpoint-asked', by: 'line', url }, { event: 'endpoint-returned', level: 'info', url })
  const words = (kind: string) => lines.flatMap(({ event, msg }) => (event === kind ? msg : []))
  expect(words('endpoint-asked')).toEqual([
    `${url} is asked attribute by attribute: 3 answers in a row contained no whole label line`,
    `${url} is asked for whole lines: it gave a whole label line again`,
  ])
  expect(words('endpoint-returned')).toEqual([`${url} answers again`])
  await status('--fleet').toMatch(row('up', 'line'))

  child.kill('SIGTERM')
  const { code, stderr } = await ended
  expect(code, stderr).toBe(0)
  expect(stderr).not.toContain('"event":"dead-letter"')
})
