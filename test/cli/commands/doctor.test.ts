import { expect, it } from 'vitest'
import { main } from '../../../src/cli/program.js'
import { begunFolder } from '../../support/begun.js'

async function doctor(...argv: readonly string[]) {
  let out = ''
  const code = await main(['doctor', '--data-dir', await begunFolder(), ...argv], {
    out: text => void (out += String(text)),
  })
  return { code, out }
}

it('a new folder is in order', async () => {
  const { code, out } = await doctor()
  expect(code).toBe(0)
  expect(out.split('\n').map(line => line.split(/ {2,}/)[0])).toEqual([
    'check',
    'node',
    'disk',
    'nodes',
    'disk use',
    'storage',
    'attributes',
    'tokenizer',
    'prompt tokens',
    'datasets',
    'endpoints',
    'annotate answers',
    'guided decoding',
    'registry',
    'launchers',
    'trainers',
    'log',
    'log budget',
    'partitions',
    'attribute sets',
    'offsets',
    'new nodes',
    'clock',
    '',
  ])
})

it('what fails says what to do, and the rest is looked at all the same', async () => {
  const { code, out } = await doctor(
    '--set',
    'clean.tokenizer=/none',
    '--set',
    'annotate.endpoints=["http://127.0.0.1:1"]',
  )
  expect(code).toBe(1)
  expect(out).toMatch(/\ntokenizer +fail +clean\.tokenizer: .*ENOENT.*\n +→ Set clean\.tokenizer/)
  expect(out).toMatch(/\nendpoints +fail +none can be reached: .*\n +→ Start the servers/)
  expect(out).toMatch(/\nclock +ok/)
})

it('a log that cannot be opened is a failed check', async () => {
  const { code, out } = await doctor('--json', '--set', 'log={kafka: {brokers: ["127.0.0.1:1"]}}')
  expect(code).toBe(1)
  const checks = JSON.parse(out) as { check: string; state: string; detail: string; todo: string | null }[]
  expect(checks.at(-1)).toMatchObject({
    check: 'log',
    state: 'fail',
    detail: expect.stringContaining('STEERFLOW_KAFKA_UNREACHABLE') as string,
  })
})
