import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { pythonShuffle } from '../../../src/domain/random/python-shuffle.js'

const script = `
import json, random, sys
for length, seed in json.load(sys.stdin):
    order = list(range(length))
    random.seed(int(seed))
    random.shuffle(order)
    print(json.dumps(order))
`

it('agrees with the machine’s Python on random lengths and seeds', () => {
  const cases = fc.sample(fc.tuple(fc.nat(3000), fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n })), 200)
  const input = JSON.stringify(cases.map(([length, seed]) => [length, String(seed)]))
  const run = spawnSync('python3', ['-c', script], { input, maxBuffer: 2 ** 28 })
  expect(run.status).toBe(0)
  const orders = run.stdout.toString().trimEnd().split('\n')
  expect(orders).toHaveLength(cases.length)
  for (const [index, [length, seed]] of cases.entries())
    expect([...pythonShuffle(length, seed)]).toEqual(JSON.parse(orders[index]!))
})
