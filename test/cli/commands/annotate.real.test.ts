import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { main } from '../../../src/cli/program.js'
import { type ContractServer, type ServerOptions, startContractServer } from '../../support/contract-server/server.js'

const golden = (name: string): string => fileURLToPath(new URL(`../../golden/data/annotate/${name}`, import.meta.url))
const repository = fileURLToPath(new URL('../../../', import.meta.url))

let folder = ''
const servers: ContractServer[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steerflow-annotate-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all(servers.splice(0).map(server => server.stop()))
})

async function serve(options: ServerOptions = {}): Promise<ContractServer> {
  const server = await startContractServer(options)
  servers.push(server)
  return server
}

const path = (name: string): string => join(folder, name)
const read = (file: string): string => readFileSync(file, 'utf8')

const flags = (input: string, output: string, { port }: { port: number }): string[] => [
  'annotate',
  `--input_file_name=${input}`,
  `--output_file_name=${output}`,
  '--host=127.0.0.1',
  `--port_num=${port}`,
]

/** Runs the command in this process. */
async function annotate(input: string, server: { port: number }, ...more: string[]) {
  let [out, err] = ['', '']
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    interactive: false,
  }
  const code = await main([...flags(input, path('out.jsonl'), server), ...more], io)
  return { code, out, err }
}

describe('the annotate command against the original script', () => {
  it.each([
    ['one call a turn', []],
    ['one call an attribute', ['--protocol=per-attribute']],
    ['several prompts a request', ['--batch_size=4', '--concurrency=1']],
  ])('writes the same bytes: %s', async (_, more) => {
    const server = await serve()
    expect(await annotate(golden('in12.jsonl'), server, ...more)).toMatchObject({ code: 0, out: '' })
    expect(read(path('out.jsonl'))).toBe(read(golden('ok_b1.out.jsonl')))
  })

  it('writes the same bytes with servers of a file', async () => {
    const servers = await Promise.all([serve(), serve()])
    writeFileSync(path('servers.yaml'), servers.map(({ url }) => `- ${url}\n`).join(''))
    const done = await annotate(golden('in12.jsonl'), { port: 9 }, '--endpoints-file', path('servers.yaml'))
    expect(done).toMatchObject({ code: 0, out: '' })
    expect(read(path('out.jsonl'))).toBe(read(golden('ok_b1.out.jsonl')))
    for (const { counters } of servers) expect(counters.answered).toBeGreaterThan(0)
  })

  it.each([[[]], [['--protocol', 'per-attribute']]])('writes the same bytes without languages %j', async more => {
    await annotate(golden('in12.jsonl'), await serve(), '--process_lang=False', ...more)
    expect(read(path('out.jsonl'))).toBe(read(golden('ok_nolang_b1.out.jsonl')))
  })

  it('sends the same requests in the same order, one at a time, when told to', async () => {
    const server = await serve({ record: true })
    await annotate(golden('in12.jsonl'), server, '--protocol=per-attribute', '--concurrency=1')
    const Sent = z.object({ body: z.string() })
    const lines = gunzipSync(readFileSync(golden('ok_b1.first80.requests.jsonl.gz')))
      .toString()
      .trim()
      .split('\n')
    const sent = lines.map(line => Sent.parse(JSON.parse(line)).body)
    expect(sent).toHaveLength(80)
    expect(server.bodies.slice(0, 80)).toEqual(sent)
    expect(server.counters).toMatchObject({ requests: 598, maxInFlight: 1 })
  })

  it('sends as many requests for texts in many languages', async () => {
    const server = await serve()
    expect(await annotate(golden('in12_multi.jsonl'), server, '--protocol=per-attribute')).toMatchObject({ code: 0 })
    expect(server.counters.requests).toBe(546)
    const output = read(path('out.jsonl'))
    expect(output.trim().split('\n')).toHaveLength(12)
    rmSync(path('out.jsonl'))
    await annotate(golden('in12_multi.jsonl'), server)
    expect(read(path('out.jsonl'))).toBe(output)
  })

  it.each([[[]], [['--protocol=per-attribute']]])('reports what the original loses to bad values %j', async more => {
    const { code, err } = await annotate(golden('in12_multi.jsonl'), await serve({ bad: true }), ...more)
    expect(code).toBe(3)
    expect(err).toContain('11 lines rejected')
    expect(read(path('out.jsonl'))).toBe(read(golden('bad_b1.out.jsonl')))
    const rejected = read(path('out.jsonl.rejected.jsonl')).trim().split('\n')
    expect(rejected).toHaveLength(11)
    for (const line of rejected) expect(line).toContain('STEERFLOW_RECORD_EXHAUSTED')
  })

  it('keeps the four records that the original loses to failed requests', async () => {
    const faults = [{ fault: { kind: 'status' as const, status: 500 }, requests: [5, 30, 31, 60, 61, 62] }]
    const server = await serve({ faults })
    expect(await annotate(golden('in12.jsonl'), server, '--batch_size=4', '--protocol=per-attribute')).toMatchObject({
      code: 0,
    })
    expect(server.counters.requests).toBeGreaterThan(62)
    expect(read(path('out.jsonl'))).toBe(read(golden('ok_b1.out.jsonl')))
  })

  it('does not end with success when there is no server, and goes on when there is one', async () => {
    const server = await serve({ faults: [{ fault: { kind: 'hang' }, every: 30 }] })
    const cut = ['--retry_for=0.3', '--protocol=per-attribute', '--deadline=1']
    const stopped = expect
      .poll(() => server.counters.answered, { interval: 5 })
      .toBeGreaterThan(10)
      .then(() => server.stop())
    const down = await annotate(golden('in12.jsonl'), server, ...cut, '--concurrency=1')
    await stopped
    expect(down.code).toBe(1)
    expect(down.err).toContain('STEERFLOW_OUTAGE')
    const before = read(path('out.jsonl'))
    expect(read(golden('ok_b1.out.jsonl')).startsWith(before)).toBe(true)

    server.faults([])
    await server.start()
    const up = await annotate(golden('in12.jsonl'), server)
    expect(up).toMatchObject({ code: 0, out: `Loaded ${before.split('\n').length - 1} existing requests\n` })
    expect(read(path('out.jsonl'))).toBe(read(golden('ok_b1.out.jsonl')))
  })

  it('refuses flags that it does not take', async () => {
    expect((await annotate(golden('in12.jsonl'), { port: 1 }, '--batch_size=0')).code).toBe(2)
    expect((await annotate(golden('in12.jsonl'), { port: 1 }, '--endpoints', 'ftp://a')).code).toBe(2)
    expect((await annotate(golden('in12.jsonl'), { port: 1 }, '--attribute_set=none')).code).toBe(2)
    expect((await annotate(path('none.jsonl'), { port: 1 })).code).toBe(2)
  })
})

/** Records with texts of their own, so that none is known already, made from the golden ones. */
function manyRecords(count: number): string {
  const originals = read(golden('in12.jsonl')).trim().split('\n')
  const records = Array.from({ length: count }, (_, index) =>
    originals[index % originals.length]!.replaceAll('"value": "', `"value": "(${index}) `),
  )
  const file = path('many.jsonl')
  writeFileSync(file, `${records.join('\n')}\n`)
  return file
}

describe('the annotate command under chaos', () => {
  it('loses nothing when the server restarts in the midst of 240 records', async () => {
    const server = await serve({ latencyMs: 1 })
    const input = manyRecords(240)
    const run = annotate(input, server)
    while (server.counters.requests < 200) await sleep(5)
    await server.restart(500)
    expect(await run).toMatchObject({ code: 0 })
    const disturbed = read(path('out.jsonl'))
    rmSync(path('out.jsonl'))
    await annotate(input, server)
    expect(disturbed).toBe(read(path('out.jsonl')))
    expect(disturbed.trim().split('\n')).toHaveLength(240)
  })

  it('ends with the same bytes when it is killed again and again', async () => {
    const refused = { fault: { kind: 'status' as const, status: 400 }, containing: '3) ' }
    const server = await serve({ latencyMs: 1, faults: [refused] })
    const input = manyRecords(240)
    await annotate(input, server)
    const undisturbed = { output: read(path('out.jsonl')), rejected: read(path('out.jsonl.rejected.jsonl')) }
    expect(undisturbed.rejected.split('\n').length).toBeGreaterThan(20)

    const killed = path('killed.jsonl')
    let kills = 0
    for (let step = 1; ; step++) {
      const child = spawn(process.execPath, ['dist/cli/main.js', ...flags(input, killed, server)], {
        cwd: repository,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      const ended = once(child, 'exit') as Promise<[number | null]>
      if (step <= 8) kills += await killAt(child, killed, (undisturbed.output.length * step) / 9)
      const [code] = await ended
      if (step > 8) {
        expect(code).toBe(3)
        break
      }
    }
    expect(kills).toBeGreaterThanOrEqual(6)
    expect(read(killed)).toBe(undisturbed.output)
    expect(read(`${killed}.rejected.jsonl`)).toBe(undisturbed.rejected)
  })

  it('asks again for the rejected lines alone, each of them once, also when it is killed', async () => {
    const server = await serve({ latencyMs: 1, record: true })
    const input = manyRecords(240)
    await annotate(input, server)
    const whole = read(path('out.jsonl'))
    rmSync(path('out.jsonl'))
    server.faults([{ fault: { kind: 'status', status: 400 }, containing: '3) ' }])
    await annotate(input, server)
    const Rejected = z.object({ line: z.int() })
    const rejected = read(path('out.jsonl.rejected.jsonl'))
      .trim()
      .split('\n')
      .map(line => Rejected.parse(JSON.parse(line)).line)
    expect(rejected.length).toBeGreaterThan(20)
    const Turns = z.object({ conversations: z.array(z.object({ value: z.string() })) })
    const turnsOf = (line: string): number => Turns.parse(JSON.parse(line)).conversations.length
    const inputs = read(input).split('\n')
    const left = { output: read(path('out.jsonl')), list: read(path('out.jsonl.rejected.jsonl')) }
    server.faults([])

    /** Bodies of the calls that some work makes. */
    const calls = async (work: () => Promise<unknown>): Promise<string[]> => {
      const before = server.bodies.length
      await work()
      return server.bodies.slice(before)
    }
    const again = ['--retry-rejected', '--batch_size=1', '--concurrency=1']
    const asked = await calls(() => annotate(input, server, ...again))
    const turns = rejected.reduce((sum, line) => sum + turnsOf(inputs[line - 1]!), 0)
    expect(asked).toHaveLength(turns)
    expect(read(path('out.jsonl'))).toBe(whole)

    writeFileSync(path('out.jsonl'), left.output)
    writeFileSync(path('out.jsonl.rejected.jsonl'), left.list)
    const argv = [...flags(input, path('out.jsonl'), server), ...again]
    let kills = 0
    const killed: string[] = []
    for (let step = 1; step <= 4; step++) {
      const made = await calls(async () => {
        const child = spawn(process.execPath, ['dist/cli/main.js', ...argv], { cwd: repository, stdio: 'ignore' })
        const ended = once(child, 'exit')
        kills += await killAt(child, path('out.jsonl.retried.jsonl'), (whole.length * step) / 6)
        await ended
      })
      killed.push(...made)
    }
    killed.push(...(await calls(() => annotate(input, server, ...again))))
    expect(kills).toBeGreaterThanOrEqual(3)
    expect(read(path('out.jsonl'))).toBe(whole)
    expect(existsSync(path('out.jsonl.rejected.jsonl'))).toBe(false)
    expect(new Set(killed)).toEqual(new Set(asked))
    // What was asked twice is the record that was under way at a kill.
    const most = Math.max(...rejected.map(line => turnsOf(inputs[line - 1]!)))
    expect(killed.length - turns).toBeLessThanOrEqual(kills * most)
  })
})

/** Kills a process once its output has so many bytes; 1 if it was still running. */
async function killAt(child: ChildProcess, output: string, bytes: number): Promise<number> {
  while (child.exitCode === null && !(existsSync(output) && statSync(output).size >= bytes)) await sleep(2)
  return child.kill('SIGKILL') ? 1 : 0
}
