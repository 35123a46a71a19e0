import { expect, test } from 'vitest'
import { cases } from '../support/effort.js'
import { sessionRows, sessionsThroughKills } from '../support/sessions.js'

const kills = [1, 2, 3, 4].flatMap(at => [true, false].map(after => ({ at, after })))
const [sessions, requests] = [80, 6]
const rows = sessionRows(sessions, requests)

test('of a session whose requests repeat it, the longest is kept once, over files and kills', async () => {
  const waiting = { clean: { repeats: { seconds: 3600 } } }
  const found = await sessionsThroughKills(waiting, rows, cases(kills, 3))
  expect(found.last.code, found.last.stdout).toBe(0)
  expect(found.killed).toBeGreaterThan(0)
  expect(found.others).toEqual([])
  expect(found.kept).toEqual(Array.from({ length: sessions }, (_, at) => `s${at}:${2 * requests}`).toSorted())
  expect(found.repeats).toBe(sessions * (requests - 1))
})

test('where the window is short, more are kept, every row is accounted for, and the longest is there once', async () => {
  const waiting = { clean: { repeats: { records: 25, seconds: 3600 } } }
  const found = await sessionsThroughKills(waiting, rows, cases(kills, 2))
  expect(found.last.code, found.last.stdout).toBe(0)
  expect(found.kept.length + found.repeats).toBe(rows.length)
  expect(new Set(found.kept).size).toBe(found.kept.length)
  expect(found.kept.filter(one => one.endsWith(`:${2 * requests}`))).toHaveLength(sessions)
})

test('no repeat is left out where it is not wanted', async () => {
  const found = await sessionsThroughKills({ clean: { repeats: { records: 0 } } }, rows, [])
  expect(found.kept).toHaveLength(rows.length)
  expect(found.repeats).toBe(0)
})
