import { expect, it, onTestFinished, vi } from 'vitest'
import { figure, unmet } from '../../bench/figure.js'
import type { Figure } from '../../bench/figure.js'
import { measured, type Outcome, type Part, unknownParts } from '../../bench/parts.js'
import { readSettings } from '../../bench/settings.js'
import { sized } from '../../bench/sizes.js'

const of = (name: string, goal: number | null, value: number): Figure => figure(name, goal, 'none', 'ratio', [value])
const settings = { only: null, verbose: false, long: false }

async function outcomes(parts: Readonly<Record<string, Part>>, only: readonly string[] | null = null) {
  const found: Outcome[] = []
  for await (const one of measured({ about: '', parts }, { ...settings, only })) found.push(one)
  return found
}

it('a figure without a goal is not counted as unmet', () => {
  const figures = [of('reported', null, 0), of('met', 1, 1), of('short', 1, 0.99)]
  expect(figures.map(({ met }) => met)).toEqual([null, true, false])
  expect(unmet(figures)).toEqual(['short'])
})

it('a part that fails is told of, and the others are measured', async () => {
  const parts = {
    bad: () => Promise.reject(new Error('the server 1 of 2 ended')),
    good: async () => [of('x', null, 1)],
  }
  expect(await outcomes(parts)).toEqual([
    { part: 'bad', figures: [], failed: 'the server 1 of 2 ended' },
    { part: 'good', figures: [of('x', null, 1)], failed: null },
  ])
  expect(await outcomes(parts, ['good'])).toHaveLength(1)
})

it('a part that never ends is given up after its limit, and the others are measured', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const found = outcomes({ stuck: () => new Promise(() => undefined), good: async () => [of('x', null, 1)] })
  await vi.advanceTimersByTimeAsync(30 * 60_000)
  expect(await found).toMatchObject([
    { part: 'stuck', figures: [], failed: expect.stringContaining('took more than 1800 s') as string },
    { part: 'good', failed: null },
  ])
})

it('knows which parts a benchmark has not', () => {
  const benchmark = { about: '', parts: { a: async () => [] } }
  expect(unknownParts(benchmark, { ...settings, only: ['a', 'constructor'] })).toEqual(['constructor'])
  expect(unknownParts(benchmark, settings)).toEqual([])
})

it('reads the command line', () => {
  expect(readSettings(['fleet', '--only', 'a,b', '--long'])).toEqual({
    settings: { only: ['a', 'b'], verbose: false, long: true },
    names: ['fleet'],
    help: false,
    json: false,
    record: false,
  })
  expect(() => readSettings(['--record', '--tiny'])).toThrow('exclude each other')
  expect(() => readSettings(['--fast'])).toThrow("Unknown option '--fast'")
})

it('measures with the usual sizes unless it is to be tiny', () => expect(sized(7, 1)).toBe(7))
