import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Log, offset } from '../../src/runtime/log.js'
import { surelyNow } from '../../src/runtime/clock.js'
import { ClosingPartition } from '../../src/runtime/partition-closing.js'
import { LastingPartition } from '../../src/runtime/partition-lasting.js'
import { readWhole } from '../../src/runtime/read-all.js'
import { PartitionTrouble } from '../../src/runtime/retry.js'
import { Waits } from '../../src/runtime/waits.js'
import type { ClosingRunner, LastingRunner } from '../../src/stages/node.js'
import { error, fakePartition } from '../support/fake-claim.js'

/** Somebody sets the clock of the machine, by so many milliseconds. */
let set = 0
const real = Date.now.bind(Date)
beforeEach(() => {
  set = 0
  vi.spyOn(Date, 'now').mockImplementation(() => real() + set)
})
afterEach(() => vi.restoreAllMocks())

const day = 86_400_000

/** A seal: its group is full when it is so old. */
const aged = (ms: number): ClosingRunner => {
  let since: number | null = null
  return {
    kind: 'closing',
    open: async () => [],
    step: async () => undefined,
    full: (_, now) => (now - (since ??= now) >= ms ? 'age' : null),
    close: async () => ({ emissions: [], made: [] }),
    drop: async () => undefined,
  }
}

describe.each([
  ['back', -day],
  ['forward', day],
  ['back by years', -9000 * day],
  ['forward by years', 9000 * day],
])('a clock that is set %s', (_, by) => {
  it('neither holds up a group that closes by its age', async () => {
    const { claim, context } = fakePartition()
    const work = new ClosingPartition(context, aged(300), claim)
    claim.publish('a')
    const running = work.run()
    await expect.poll(() => work.status().held).toBe(1)
    set = by
    await expect.poll(() => claim.stored).toBe(1n)
    await work.drain()
    await running
  })

  it('nor closes it early', async () => {
    const { claim, context } = fakePartition()
    const work = new ClosingPartition(context, aged(3_600_000), claim)
    claim.publish('a')
    const running = work.run()
    await expect.poll(() => work.status().held).toBe(1)
    set = by
    claim.publish('b')
    await expect.poll(() => work.status().held).toBe(2)
    await work.drain()
    await running
    expect(claim.stored).toBe(0n)
  })

  it('lets the timers of a lasting fold go on, with the time that it shows', async () => {
    const { claim, context } = fakePartition()
    const asked: number[] = []
    const runner: LastingRunner = {
      kind: 'lasting',
      step: () => async () => [],
      pursuits: () => [],
      idle: () => [],
      timer: now => {
        asked.push(now)
        set = by
        return []
      },
    }
    const work = new LastingPartition(context, runner, claim)
    const running = work.run()
    await expect.poll(() => asked.length).toBe(2)
    expect(Math.abs(asked[1]! - asked[0]! - by)).toBeLessThan(60_000)
    await work.drain()
    await running
  })

  it('ends the patience with an open transaction when it is over', async () => {
    let reads = 0
    const log: Pick<Log, 'state' | 'read'> = {
      state: async () => [{ topic: 't', partition: 0, start: offset(0), end: offset(1) }],
      read: async (_topic, _partition, from) => {
        if (reads++ === 0) set = by
        return { records: [], next: from }
      },
    }
    const all = readWhole(log as Log, 't', 150)
    await expect(all.next()).rejects.toMatchObject({ code: 'STEERFLOW_KAFKA_BUSY' })
    // It has waited in between.
    expect(reads).toBeGreaterThan(1)
  })

  it('does not count in what is told of troubles and waits', async () => {
    const told: number[] = []
    const trouble = new PartitionTrouble({ node: 'n', partition: 0 }, event => {
      if (event.event === 'resumed') told.push(event.seconds)
    })
    const waits = new Waits(event => {
      if (event.event === 'waited-for') told.push(event.seconds)
      else set = by
    }, 1)
    trouble.failed('paused', error('STEERFLOW_STORAGE'), 1, 10)
    const over = waits.begin('a model')
    await expect.poll(() => set).toBe(by)
    over(true)
    trouble.over('paused')
    expect(told).toHaveLength(2)
    for (const seconds of told) expect(seconds >= 0 && seconds < 60).toBe(true)
  })
})

it('a clock that is set forward makes nothing old, one that is set back makes it younger', () => {
  set = 400 * day
  expect(surelyNow()).toBeLessThanOrEqual(real() + 60_000)
  set = -400 * day
  expect(surelyNow()).toBeLessThan(real() - 399 * day)
})
