import { expect, it } from 'vitest'
import type { LiveRow } from '../../../src/cli/render/live-row.js'
import { LiveLines } from '../../../src/cli/render/live.js'
import { rowOf as row } from '../../support/live-row.js'

/** Lines that are written while the rows of each look are shown, four looks a second. */
function linesOf(seconds: number, rowsAt: (second: number) => readonly LiveRow[]) {
  const lines: { event: string; seconds: number; nodes?: readonly LiveRow[] }[] = []
  let now = 0
  const logger = { info: (facts: object) => void lines.push(facts as (typeof lines)[number]) }
  const live = new LiveLines(logger as never, () => now)
  for (; now <= seconds * 1000; now += 250) live.show(rowsAt(now / 1000), 'running')
  return lines
}

it('is quiet when idle: a heartbeat a minute, less than a megabyte a day', () => {
  const nodes = Array.from({ length: 20 }, (_, index) => row(`node-${index}`))
  const lines = linesOf(3600, () => nodes)
  expect(lines).toHaveLength(60)
  expect(new Set(lines.map(({ event }) => event))).toEqual(new Set(['heartbeat']))
  const aboutEveryLine = 300
  expect(24 * (JSON.stringify(lines).length + lines.length * aboutEveryLine)).toBeLessThan(1e6)
})

it('says what has changed, and only that, at most every ten seconds', () => {
  const lines = linesOf(60, second => [row('clean', { in: Math.floor(second) }), row('annotate', { behind: 3 })])
  expect(lines.map(({ seconds }) => seconds)).toEqual([10, 20, 30, 40, 50, 60])
  expect(lines[0]).toMatchObject({ event: 'progress', nodes: [{ node: 'clean', in: 10 }, { node: 'annotate' }] })
  expect(lines[1]).toMatchObject({ event: 'progress', behind: 3, nodes: [{ node: 'clean', in: 20 }] })
})

it('tells the last change too, when nothing moves any more', () => {
  const lines = linesOf(130, second => [row('clean', { in: second < 14 ? 0 : 7 })])
  expect(lines.map(({ event, seconds }) => `${event} ${seconds}`)).toEqual(['progress 14', 'heartbeat 74'])
})
