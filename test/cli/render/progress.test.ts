import { expect, test } from 'vitest'
import { progress } from '../../../src/cli/render/progress.js'

function drawn() {
  const lines: string[] = []
  let now = 0
  const screen = {
    interactive: true,
    columns: 200,
    err: () => undefined,
    draw: (line: string) => void lines.push(line),
  }
  const shown = progress(screen, 'annotate', 'records', 1000, { now: () => now })
  const after = (ms: number, units: number, stands?: string): string => {
    now += ms
    shown.add(units, undefined, stands)
    return lines.at(-1)!
  }
  return { after, shown, lines }
}

test('the time that is left is said while the work goes on, and not in an outage', () => {
  const { after } = drawn()
  for (let second = 0; second < 9; second++) after(1000, 100)
  expect(after(1000, 60)).toContain('s left')
  const outage = after(1000, 0, 'no server answers, waiting')
  expect(outage).toContain('no server answers, waiting')
  expect(outage).not.toContain('left')
  expect(after(1000, 10)).toContain('left')
})

test('a work that stands still for no known reason has no time left, either', () => {
  const { after } = drawn()
  for (let second = 0; second < 9; second++) after(1000, 100)
  for (let second = 0; second < 9; second++) expect(after(1000, 0)).toContain('left')
  expect(after(3000, 0)).not.toContain('left')
})

test('the last line has the mean of all of it', () => {
  const { after, shown, lines } = drawn()
  after(10_000, 900)
  after(90_000, 100)
  shown.done()
  expect(lines.at(-1)).toContain('10/s  in 1 min 40 s')
})
