import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SteerflowError } from '../../../../src/domain/errors.js'
import { besideValue, type PlacedRecord, Placement, rounds } from '../../../../src/adapters/log/kafka/placement.js'

const topics = {
  maxValueBytes: 1000,
  partitions: (topic: string) => {
    if (topic === 'in') return 3
    throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', topic)
  },
}
const placement = new Placement(topics, topic => `ns.${topic}`)
const output = (value: number, key: string | null = 'k') => ({
  topic: 'in',
  key: key === null ? null : Buffer.from(key),
  value: Buffer.alloc(value),
})
const codeOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as SteerflowError).code
  }
}

describe('the place of an output', () => {
  it('is where the key says, or the caller, or the next in turn', () => {
    expect(placement.place(output(1)).topic).toBe('ns.in')
    expect(placement.place(output(1)).partition).toBe(placement.place(output(1)).partition)
    expect(placement.place({ ...output(1), partition: 2 }).partition).toBe(2)
    const spread = [1, 2, 3].map(() => placement.place(output(1, null)).partition)
    expect(new Set(spread).size).toBe(3)
  })

  it('is refused where there is none', () => {
    expect(codeOf(() => placement.place({ ...output(1), topic: 'out' }))).toBe('STEERFLOW_TOPIC_UNKNOWN')
    expect(codeOf(() => placement.place({ ...output(1), partition: 3 }))).toBe('STEERFLOW_TOPIC_UNKNOWN')
  })

  it('is refused to what the broker would refuse', () => {
    expect(placement.place(output(1000, null)).value.byteLength).toBe(1000)
    expect(codeOf(() => placement.place(output(1001, null)))).toBe('STEERFLOW_RECORD_TOO_LARGE')
    expect(codeOf(() => placement.place(output(990, 'k'.repeat(11))))).toBe('STEERFLOW_RECORD_TOO_LARGE')
    const headers = { cause: 'c'.repeat(besideValue) }
    expect(codeOf(() => placement.place({ ...output(1), headers }))).toBe('STEERFLOW_RECORD_TOO_LARGE')
  })
})

describe('rounds', () => {
  const record = fc.record({
    topic: fc.constantFrom('a', 'b'),
    partition: fc.integer({ min: 0, max: 2 }),
    bytes: fc.oneof(fc.integer({ min: 1, max: 400_000 }), fc.constant(3_000_000)),
  })
  const placed = ({ topic, partition, bytes }: { topic: string; partition: number; bytes: number }): PlacedRecord => ({
    topic,
    partition,
    bytes,
    key: null,
    value: Buffer.alloc(0),
    headers: {},
  })

  it('hold every record once, in its order, in batches that a broker takes', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), records => {
        const all = records.map(placed)
        const made = rounds(all)
        const sent = made.flatMap(round => [...round.values()].flat())
        expect(new Set(sent)).toEqual(new Set(all))
        expect(sent).toHaveLength(all.length)
        for (const topic of ['a', 'b'])
          for (const partition of [0, 1, 2]) {
            const here = (one: PlacedRecord): boolean => one.topic === topic && one.partition === partition
            expect(sent.filter(here)).toEqual(all.filter(here))
            for (const round of made) {
              const batch = [...round.values()].flat().filter(here)
              const bytes = batch.reduce((sum, one) => sum + one.bytes, 0)
              if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(900 << 10)
            }
          }
      }),
    )
  })
})
