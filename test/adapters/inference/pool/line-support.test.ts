import { expect, it } from 'vitest'
import { type AskedBy, LineSupport } from '../../../../src/adapters/inference/pool/endpoint-health.js'

/** Turns, of which a line fails or not; how many lines were asked for. */
function turns(support: LineSupport, count: number, works: boolean): number {
  let lines = 0
  for (let turn = 0; turn < count; turn++) {
    if (!support.take()) continue
    lines++
    if (works) support.accepted()
    else support.failed()
  }
  return lines
}

it('an endpoint whose lines are none is asked for one now and then, ever more rarely', () => {
  const changes: AskedBy[] = []
  const support = new LineSupport(true, asked => changes.push(asked))
  expect(turns(support, 3, false)).toBe(3)
  expect(support.asked).toBe('attributes')
  expect(turns(support, 10_000, false)).toBeLessThanOrEqual(16)
  expect(changes).toEqual(['attributes'])
})

it('one that warmed up with bad answers is asked for lines again within a few dozen turns', () => {
  const changes: (readonly [AskedBy, string])[] = []
  const support = new LineSupport(true, (...change) => changes.push(change))
  turns(support, 5, false)
  expect(turns(support, 8_000, true)).toBeGreaterThan(7_900)
  expect(changes).toEqual([
    ['attributes', '3 answers in a row contained no whole label line'],
    ['line', 'it gave a whole label line again'],
  ])
})

it('one that gave lines is asked for them through a bad while, but not for ever', () => {
  const support = new LineSupport(true)
  turns(support, 1, true)
  expect(turns(support, 19, false)).toBe(19)
  turns(support, 1, true)
  turns(support, 20, false)
  expect(support.asked).toBe('attributes')
})

it('where no lines are wanted none is asked for', () => expect(turns(new LineSupport(false), 100, true)).toBe(0))
