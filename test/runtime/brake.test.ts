import { describe, expect, it } from 'vitest'
import { Brake, leastRecords } from '../../src/runtime/brake.js'
import { EachPartition } from '../../src/runtime/partition-each.js'
import type { RunEvent } from '../../src/runtime/events.js'
import { emission, error, fakePartition, look } from '../support/fake-claim.js'

const exhausted = error('STEERFLOW_RECORD_EXHAUSTED', 'a malformed label line')
const invalid = error('STEERFLOW_RECORD_INVALID', 'not JSON')

function brakeOf({ maxShare = 0.5, window = 1000 } = {}) {
  const events: RunEvent[] = []
  const brake = new Brake('annotate', { maxShare, window }, event => void events.push(event), { first: 1, most: 4 })
  const note = (count: number, what: typeof exhausted | null): void => {
    for (let i = 0; i < count; i++) {
      if (what) brake.refused(what, false)
      else brake.passed(false)
    }
  }
  return { brake, events, note }
}

describe('the brake on dead letters', () => {
  it('is pulled where most of enough records cannot pass, and says what and how many', () => {
    const { brake, note } = brakeOf()
    note(leastRecords - 1, exhausted)
    expect(brake.error).toBeNull()
    expect(brake.refused(exhausted, false)).toBe(true)
    expect(brake.error).toMatchObject({ code: 'STEERFLOW_DEAD_LETTERS' })
    expect(brake.error?.message).toBe(
      '200 of the last 200 records of annotate became dead letters as STEERFLOW_RECORD_EXHAUSTED, the last one: a malformed label line',
    )
  })

  it('looks back upon its window only, and forgets what it was long ago', () => {
    const { brake, note } = brakeOf({ window: 400 })
    note(200, null)
    note(199, exhausted)
    note(400, null)
    note(200, exhausted)
    expect([brake.error, brake.recent]).toEqual([null, { records: 400, letters: 200 }])
    note(1, exhausted)
    expect(brake.error).not.toBeNull()
  })

  it('tells what it counts: letters of all codes in its window, not the records that it holds, nothing once it is released', () => {
    const { brake, note } = brakeOf({ window: 400 })
    expect(brake.recent).toEqual({ records: 0, letters: 0 })
    note(300, null)
    note(50, invalid)
    note(50, exhausted)
    note(20, null)
    expect(brake.recent).toEqual({ records: 400, letters: 100 })
    note(151, exhausted)
    const pulled = ['STEERFLOW_DEAD_LETTERS', { records: 400, letters: 251 }]
    expect([brake.error?.code, brake.recent]).toEqual(pulled)
    note(10, exhausted)
    expect([brake.error?.code, brake.recent]).toEqual(pulled)
    // Nobody waits: a probe that passes releases it.
    brake.passed(true)
    expect([brake.error, brake.recent]).toEqual([null, { records: 0, letters: 0 }])
  })

  it.each([
    ['fewer than the share', 1000, [100, exhausted], 0.5],
    ['the share is 1', 0, [1000, exhausted], 1],
    ['the records themselves are wrong: those behind them would wait for nothing', 0, [5000, invalid], 0.5],
  ] as const)('is not pulled where %s', (_, passed, [count, what], maxShare) => {
    const { brake, note } = brakeOf({ maxShare })
    note(passed, null)
    note(count, what)
    expect(brake.error).toBeNull()
  })

  it('says once that most records are wrong themselves, and again after it was better for long', () => {
    const { events, note } = brakeOf({ window: 400 })
    note(1000, invalid)
    expect(events).toEqual([
      { event: 'many-dead-letters', node: 'annotate', code: 'STEERFLOW_RECORD_INVALID', letters: 200, records: 200 },
    ])
    note(400, null)
    note(400, invalid)
    expect(events).toHaveLength(2)
  })

  it('ends a wait with the partition, and another record is the next probe', async () => {
    const { brake, note } = brakeOf()
    note(200, exhausted)
    const held = { failed: () => undefined, over: () => undefined }
    const gone = new AbortController()
    const first = expect(brake.enter(held, gone.signal)).rejects.toThrow()
    gone.abort()
    await first
    const control = new AbortController()
    expect(await brake.enter(held, control.signal)).toBe(true)
    brake.left(true)
    expect(await brake.enter(held, control.signal)).toBe(true)
    brake.passed(true)
    expect(brake.error).toBeNull()
  })
})

/** A node whose stage answers as long as `well` says so, and otherwise finds that the record cannot pass. */
function setUp(well: (calls: number) => boolean, failFast = false) {
  const fake = fakePartition({ window: 2048, permits: 16, maxShare: 0.5, failFast })
  let calls = 0
  const run = async (value: Buffer) => {
    if (!well(++calls)) throw exhausted
    return [emission('out', value.toString())]
  }
  const work = new EachPartition(fake.context, { kind: 'each', run }, fake.claim)
  fake.claim.publish(...Array.from({ length: 1000 }, (_, i) => `r${i}`))
  const letters = () => fake.claim.commits.flatMap(({ outputs }) => outputs).filter(one => one.startsWith('letters:'))
  return { ...fake, work, calls: () => calls, letters, look: () => look(work, fake.claim, 'each') }
}

describe('a partition whose node is braked', () => {
  it('keeps its records, tries single ones, and goes on when they pass: every record once', async () => {
    let mended = false
    const { work, claim, events, letters, look } = setUp(() => mended)
    const running = work.run()
    await expect.poll(() => events.some(({ event }) => event === 'paused')).toBe(true)
    expect(look().idle).toBe(false)
    mended = true
    await expect.poll(look).toMatchObject({ idle: true })
    const made = letters().length
    expect(made).toBeGreaterThanOrEqual(leastRecords - 1)
    expect(made).toBeLessThan(leastRecords + 16)
    expect(claim.published.filter(value => value.startsWith('r')).length).toBe(1000)
    expect(claim.commits.flatMap(({ outputs }) => outputs)).toHaveLength(1000)
    expect(events.map(({ event }) => event).filter(event => event !== 'dead-letter')).toEqual(['paused', 'resumed'])
    await work.drain()
    await running
  })

  it('does not go on for one record in ten that passes', async () => {
    const { work, letters, calls } = setUp(count => count % 10 === 0)
    const running = work.run()
    await expect.poll(() => calls()).toBeGreaterThan(300)
    expect(letters().length).toBeLessThan(leastRecords + 32)
    await work.drain()
    await running
  })

  it('ends at once when it drains, and at the first pull where nothing is to be tried again', async () => {
    const { work, claim, events } = setUp(() => false)
    const running = work.run()
    await expect.poll(() => events.some(({ event }) => event === 'paused')).toBe(true)
    await work.drain()
    await running
    expect(claim.stored).toBeLessThan(1000n)
    await expect(setUp(() => false, true).work.run()).rejects.toMatchObject({ code: 'STEERFLOW_DEAD_LETTERS' })
  })
})
