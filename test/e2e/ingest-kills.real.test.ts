import { expect, test } from 'vitest'
import { cases } from '../support/effort.js'
import { killedWhileGrowing } from '../support/kill-ingest.js'

test.each([
  ['a file', 'lines'],
  ['a JSON array', 'array'],
  ['a Parquet file', 'parquet'],
] as const)(
  'an ingest of %s that grows, killed at each of its steps, takes in every record once',
  async (_, spelling) => {
    const steps = cases(
      Array.from({ length: 14 }, (_, at) => at + 1),
      6,
    )
    const { last, killed, found, all } = await killedWhileGrowing({}, steps, 600, spelling)
    expect(last.code, last.output).toBe(0)
    expect(last.output).toMatch(/own.jsonl goes on at line \d+/)
    expect(killed).toBe(steps.length)
    expect(found).toEqual(all)
  },
)
