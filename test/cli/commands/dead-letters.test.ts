import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/program.js'
import { temporary } from '../../support/pipelines.js'

/** Runs a command on a data folder; what it prints comes as bytes. */
async function run(dir: string, ...argv: readonly string[]): Promise<{ code: number; out: Buffer }> {
  const out: Buffer[] = []
  const code = await main([...argv, '--data-dir', dir], {
    out: text => void out.push(Buffer.from(text)),
    err: () => undefined,
    interactive: false,
    columns: 80,
  })
  return { code, out: Buffer.concat(out) }
}

/** A data folder into which these lines were taken. */
async function ingested(...lines: readonly Buffer[]): Promise<string> {
  const dir = temporary()
  const file = join(dir, 'in.jsonl')
  writeFileSync(file, Buffer.concat(lines.flatMap(line => [line, Buffer.from('\n')])))
  expect((await run(dir, 'ingest', file)).code).toBe(0)
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

  it('are shown byte for byte, whatever the bytes are', async () => {
    const line = Buffer.from([0x22, 0xff, 0xfe, 0x00, 0xc3, 0x22])
    const dir = await ingested(line)
    expect((await run(dir, 'dead-letters', 'show', '0:0', '--raw')).out).toEqual(line)
    expect(JSON.parse((await run(dir, 'dead-letters', 'show', '0:0')).out.toString())).toMatchObject({ bytes: 6 })
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
