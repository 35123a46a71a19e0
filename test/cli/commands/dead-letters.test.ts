import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/program.js'
import { temporary } from '../../support/pipelines.js'

/** Runs a command on a data folder; what it prints comes as bytes. */
async function run(dir: string, ...argv: readonly string[]): Promise<{ code: number; out: Buffer; err: string }> {
  const out: Buffer[] = []
  let err = ''
  const code = await main([...argv, '--data-dir', dir], {
    out: text => void out.push(Buffer.from(text)),
    err: text => void (err += text),
    interactive: false,
    columns: 80,
  })
  return { code, out: Buffer.concat(out), err }
}

/** A data folder into which these lines were taken. */
async function ingested(...lines: readonly Buffer[]): Promise<string> {
  const dir = temporary()
  const file = join(dir, 'in.jsonl')
  writeFileSync(file, Buffer.concat(lines.flatMap(line => [line, Buffer.from('\n')])))
  // 3 where every line is one that becomes a letter.
  expect([0, 3]).toContain((await run(dir, 'ingest', file)).code)
  return dir
}

describe('dead letters', () => {
  it('are listed with code and place, as JSON too', async () => {
    const dir = await ingested(Buffer.from('no json'), Buffer.from('{}'))
    const { code, out } = await run(dir, 'dead-letters', 'list', '--json')
    expect(code).toBe(0)
    const letters = out.toString().trimEnd().split('\n')
    expect(letters.map(letter => JSON.parse(letter) as unknown)).toMatchObject([
      { id: '0:0', node: 'ingest', code: 'STEERFLOW_INPUT_JSON', bytes: 7, replayed: false },
      { id: '0:1', node: 'ingest', code: 'STEERFLOW_INPUT_FORMAT', bytes: 2, replayed: false },
    ])
    const one = await run(dir, 'dead-letters', 'list', '--code', 'STEERFLOW_INPUT_FORMAT')
    expect(one.out.toString()).toMatch(/^id .*\n0:1 .*STEERFLOW_INPUT_FORMAT.*\n$/)
  })

  it.each([
    ['list', '--node', 'nosuch', 'nodes are ingest, preprocess, '],
    ['summary', '--node', 'nosuch', 'nodes are ingest, preprocess, '],
    ['list', '--code', 'NOPE', 'docs/errors.md'],
    ['replay', '--code', 'NOPE', 'docs/errors.md'],
  ])('%s %s of a name that nobody has is no empty list', async (command, flag, name, known) => {
    const dir = await ingested(Buffer.from('no json'))
    const { code, err } = await run(dir, 'dead-letters', command, flag, name)
    expect([code, err]).toEqual([2, expect.stringContaining(known)])
    expect((await run(dir, 'dead-letters', command, '--node', 'annotate')).code).toBe(0)
  })

  it('are shown byte for byte, whatever the bytes are', async () => {
    const line = Buffer.from([0x22, 0xff, 0xfe, 0x00, 0xc3, 0x22])
    const dir = await ingested(Buffer.from('{}'), line)
    expect((await run(dir, 'dead-letters', 'show', '0:1', '--raw')).out).toEqual(line)
    expect(JSON.parse((await run(dir, 'dead-letters', 'show', '0:1')).out.toString())).toMatchObject({ bytes: 6 })
  })

  it('are counted by node, code, cause and hour', async () => {
    const dir = await ingested(Buffer.from('no json'), Buffer.from('{}'), Buffer.from('not json'))
    const { out } = await run(dir, 'dead-letters', 'summary')
    expect(out.toString()).toMatch(
      /^3 dead letters, 3 not replayed\n\nnode +code +letters +waiting +last +example +cause\n/,
    )
    expect(out.toString()).toMatch(/\ningest +STEERFLOW_INPUT_JSON +2 +2 +\S+ \S+Z +0:2 /)
    const json = JSON.parse(
      (await run(dir, 'dead-letters', 'summary', '--json', '--since', '1h')).out.toString(),
    ) as object
    expect(json).toMatchObject({ letters: 3, waiting: 3, others: 0, before: 0 })
    const none = await run(dir, 'dead-letters', 'summary', '--until', '2001-01-01')
    expect(none.out.toString()).toBe('no dead letters\n')
  })

  it('are listed up to a limit, and how many more there are is said', async () => {
    const dir = await ingested(...Array.from({ length: 130 }, () => Buffer.from('{}')))
    const list = async (...argv: readonly string[]): Promise<string[]> =>
      (await run(dir, 'dead-letters', 'list', ...argv)).out.toString().trimEnd().split('\n')
    expect(await list()).toHaveLength(1 + 100 + 1)
    expect((await list()).at(-1)).toMatch(/^30 more: raise --limit/)
    expect((await list('--limit', '3')).slice(1).map(line => line.split(' ')[0])).toEqual(['0:0', '0:1', '0:2', '127'])
    expect(await list('--limit', '1000')).toHaveLength(131)
    expect(await list('--json')).toHaveLength(130)
    expect(await list('--json', '--limit', '7')).toHaveLength(7)
    expect((await run(dir, 'dead-letters', 'list', '--limit', '0')).code).toBe(2)
    expect((await run(dir, 'dead-letters', 'list', '--since', 'yesterday')).code).toBe(2)
  })

  it('are chosen by node, code and time, to list and to replay', async () => {
    const dir = await ingested(Buffer.from('no json'), Buffer.from('{}'))
    const ids = async (...flags: readonly string[]): Promise<unknown[]> =>
      (await run(dir, 'dead-letters', 'list', '--json', ...flags)).out
        .toString()
        .split('\n')
        .flatMap(line => (line === '' ? [] : (JSON.parse(line) as { id: string }).id))
    expect(await ids('--node', 'ingest')).toEqual(['0:0', '0:1'])
    expect(await ids('--node', 'annotate')).toEqual([])
    expect(await ids('--since', '1h')).toEqual(['0:0', '0:1'])
    expect(await ids('--until', '2001-01-01')).toEqual([])
    expect(await ids('--code', 'STEERFLOW_INPUT_JSON', '--until', '2999-01-01')).toEqual(['0:0'])
    const replayed = async (...flags: readonly string[]): Promise<string> =>
      (await run(dir, 'dead-letters', 'replay', '--dry-run', ...flags)).out.toString()
    expect(await replayed('--code', 'STEERFLOW_INPUT_JSON')).toMatch(/not replayed 0:0: [^0]*$/)
    expect(await replayed('--since', '1h')).toMatch(/not replayed 0:0: [^]*not replayed 0:1: /)
    for (const flags of [
      ['--node', 'annotate'],
      ['--until', '2001-01-01'],
    ])
      expect(await replayed(...flags)).not.toContain('not replayed')
  })

  it('that there are not are said so', async () => {
    const dir = await ingested()
    expect((await run(dir, 'dead-letters', 'list')).out.toString()).toBe('no dead letters\n')
    expect((await run(dir, 'dead-letters', 'show', '0:7')).code).toBe(2)
  })

  it('that never reached a topic are not replayed, and the exit code says so', async () => {
    const dir = await ingested(Buffer.from('no json'))
    const { code, out } = await run(dir, 'dead-letters', 'replay', '0:0')
    expect(code).toBe(3)
    expect(out.toString()).toContain('correct the source and ingest it again')
  })
})

it.each(['ingest', 'quickstart', 'score'])('%s refuses the name of no format', async command => {
  expect((await run(temporary(), command, 'examples/02-my-data/chats.jsonl', '--format', 'oasst-messages')).code).toBe(
    2,
  )
})
