import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { cases } from '../support/effort.js'
import { sessionRows, sessionsThroughKills } from '../support/sessions.js'

test('of a session whose requests repeat it, the longest is kept once, over files and kills', async () => {
  const [sessions, requests] = [40, 5]
  const kafka = { brokers: inject('kafka').bootstrap, namespace: `g${randomUUID().slice(0, 8)}` }
  const config = { log: { kafka: { ...kafka, transactionTimeoutMs: 5000 } }, clean: { repeats: { seconds: 3600 } } }
  const kills = [1, 2, 3].flatMap(at => [true, false].map(after => ({ at, after })))
  const found = await sessionsThroughKills(config, sessionRows(sessions, requests), cases(kills, 2))
  expect(found.last.code, found.last.stdout).toBe(0)
  expect(found.killed).toBeGreaterThan(0)
  expect(found.kept).toEqual(Array.from({ length: sessions }, (_, at) => `s${at}:${2 * requests}`).toSorted())
  expect(found.repeats).toBe(sessions * (requests - 1))
})
