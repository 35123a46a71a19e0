import { expect, test } from 'vitest'
import { causeClass, summarise } from '../../src/runtime/letter-summary.js'
import type { Letter } from '../../src/runtime/letters.js'

const hour = 3_600_000

const letter = (at: number, rest: Partial<Letter> = {}): Letter => ({
  id: `0:${at}`,
  code: 'STEERFLOW_STAGE_FAILED',
  node: 'annotate',
  cause: `record ${at} is odd`,
  origin: { topic: 'a', partition: 0, offset: '0' },
  at,
  bytes: 0,
  replays: 0,
  replayed: false,
  record: {} as Letter['record'],
  ...rest,
})

async function* these(letters: Iterable<Letter>): AsyncGenerator<Letter> {
  for (const one of letters) yield one
}

test('counts by node, code and cause, and by hour', async () => {
  const found = await summarise(
    these([
      letter(5, { replayed: true }),
      letter(hour + 1),
      letter(hour + 2, { node: 'clean' }),
      letter(hour + 3),
      letter(2 * hour, { cause: 'the server says "no" at http://a/b?c=1' }),
    ]),
  )
  expect(found).toMatchObject({ letters: 5, waiting: 4, others: 0, before: 0 })
  expect(found.classes).toEqual([
    {
      ...{ node: 'annotate', code: 'STEERFLOW_STAGE_FAILED', cause: 'record N is odd', letters: 3, waiting: 2 },
      ...{ first: 5, last: hour + 3, example: `0:${hour + 3}` },
    },
    expect.objectContaining({ node: 'clean', letters: 1 }),
    expect.objectContaining({ cause: 'the server says "…" at <url>', letters: 1 }),
  ])
  expect(found.hours).toEqual([
    { hour: 0, letters: 1 },
    { hour, letters: 3 },
    { hour: 2 * hour, letters: 1 },
  ])
})

test('what letters say makes neither classes nor hours without end', async () => {
  const word = (at: number): string => [...String(at)].map(digit => 'abcdefghij'[Number(digit)]).join('')
  const forged = Array.from({ length: 3000 }, (_, at) => letter(at * hour, { node: word(at), cause: word(at) }))
  const found = await summarise(these([...forged, letter(NaN), letter(-8e15), letter(9e15)]))
  expect(found.letters).toBe(3003)
  expect(found.classes.length).toBeLessThanOrEqual(500)
  expect(found.hours.length).toBeLessThanOrEqual(1000)
  expect(found.classes.reduce((sum, one) => sum + one.letters, found.others)).toBe(3003)
  expect(found.hours.reduce((sum, one) => sum + one.letters, found.before)).toBe(3003)
})

test.each([
  ['shard 17 of 3fa9c0de11 is gone', 'shard N of <id> is gone'],
  ["expected 'a' after 0.25 s", "expected '…' after N s"],
  ['two\n lines', 'two lines'],
  [`"${'x'.repeat(500)}`, '"…"'],
])('%j is a cause of the class %j', (cause, expected) => {
  expect(causeClass(cause)).toBe(expected)
})

test('a hostile cause costs no time', () => {
  const started = process.cpuUsage()
  for (const piece of ['"', "'", 'http://', '0', 'a', ' ', '0.', '\\"']) causeClass(piece.repeat(1 << 20))
  const { user } = process.cpuUsage(started)
  expect(user / 1000).toBeLessThan(1000)
})
