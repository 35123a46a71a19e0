import { expect, test } from 'vitest'
import { cases } from '../support/effort.js'
import { killedWhileGrowing } from '../support/kill-ingest.js'

test('an ingest of a file that grows, killed at each of its steps, takes in every record once', async () => {
  const steps = cases(
    Array.from({ length: 14 }, (_, at) => at + 1),
    6,
  )
  const { last, killed, found, all } = await killedWhileGrowing({}, steps, 600)
  expect(last.code, last.output).toBe(0)
  expect(last.output).toMatch(/own.jsonl goes on at line \d+/)
  expect(killed).toBe(steps.length)
  expect(found).toEqual(all)
})
