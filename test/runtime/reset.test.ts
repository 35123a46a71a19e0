import { describe, expect, it, onTestFinished } from 'vitest'
import { openEmbeddedLog } from '../../src/adapters/log/embedded/log.js'
import { firstAt, resetOffsets, type ResetTarget } from '../../src/runtime/reset.js'
import type { LogAdmin } from '../../src/runtime/log-admin.js'
import { type Log, offset } from '../../src/runtime/log.js'
import { rejection } from '../conformance/support.js'
import { temporary } from '../support/pipelines.js'

const hour = 3_600_000

/** A topic of two partitions, of which the first has 10 records, one an hour; group `g` has read `read` of them. */
async function withRecords(read: number | null = 6, days = 1): Promise<Log> {
  let now = 0
  const log = await openEmbeddedLog({ dir: temporary(), now: () => now })
  onTestFinished(() => log.close())
  await log.ensure([{ name: 'in', partitions: 2, retention: { keep: 'days', days } }])
  for (; now < 10 * hour; now += hour)
    await log.publish([{ topic: 'in', partition: 0, key: null, value: Buffer.from('r') }])
  if (read !== null) {
    const claim = await log.claim('g', 'in', 0)
    await claim.commit(claim.committed, offset(read), [])
    await claim.release()
  }
  return log
}

const reset = (log: Log, target: ResetTarget, options: { dryRun?: boolean; partition?: number | null } = {}) =>
  resetOffsets(log, { group: 'g', topic: 'in', target, partition: 0, dryRun: false, ...options })
const committed = async (log: Log): Promise<bigint | undefined> => (await log.committed('g', 'in')).get(0)

describe('offsets go', () => {
  it.each<[string, ResetTarget, bigint, bigint, bigint | null]>([
    ['to the start', { kind: 'earliest' }, 0n, 6n, null],
    ['to the end', { kind: 'latest' }, 10n, -4n, null],
    ['to the first record of a time', { kind: 'datetime', time: 3 * hour }, 3n, 3n, null],
    ['to the first record after a time', { kind: 'datetime', time: 3 * hour + 1 }, 4n, 2n, null],
    ['to the end for a time to come', { kind: 'datetime', time: 99 * hour }, 10n, -4n, null],
    ['back', { kind: 'shift', by: -2n }, 4n, 2n, null],
    ['forth', { kind: 'shift', by: 3n }, 9n, -3n, null],
    ['to an offset', { kind: 'offset', offset: 5n }, 5n, 1n, null],
    ['no further back than the start', { kind: 'shift', by: -7n }, 0n, 6n, -1n],
    ['no further than the end', { kind: 'offset', offset: 11n }, 10n, -4n, 11n],
  ])('%s', async (_, target, to, again, clamped) => {
    const log = await withRecords()
    const expected = { partition: 0, from: 6n, to, again, gone: 0n, clamped, forgotten: false }
    expect(await reset(log, target, { dryRun: true })).toEqual([expected])
    expect(await committed(log)).toBe(6n)
    expect(await reset(log, target)).toEqual([expected])
    expect(await committed(log)).toBe(to)
  })

  it('of every partition unless one is named', async () => {
    const log = await withRecords()
    expect(await reset(log, { kind: 'latest' }, { partition: null })).toMatchObject([{ to: 10n }, { to: 0n }])
    await rejection(reset(log, { kind: 'latest' }, { partition: 2 }), 'STEERFLOW_USAGE')
  })

  it('also of a group that has committed nothing', async () => {
    const log = await withRecords(null)
    expect(await reset(log, { kind: 'latest' }, { dryRun: true })).toMatchObject([{ from: null, to: 10n, again: -10n }])
    await reset(log, { kind: 'latest' })
    expect(await committed(log)).toBe(10n)
  })

  it('up from below the start of the log', async () => {
    const log = await withRecords(10)
    await log.retain!(30 * hour)
    const claim = await log.claim('g', 'in', 0)
    await claim.commit(claim.committed, offset(2), [])
    const limits = { records: 1, bytes: 1 }
    await rejection((await log.claim('g', 'in', 0)).read(limits, 0), 'STEERFLOW_OFFSET_LOST')
    const [start] = await log.state('in')
    expect(start!.start).toBeGreaterThan(2n)
    expect(await reset(log, { kind: 'earliest' })).toMatchObject([{ from: 2n, gone: start!.start - 2n, again: 0n }])
    expect((await (await log.claim('g', 'in', 0)).read(limits, 0)).records).toHaveLength(1)
  })
})

it('whoever holds the partition is fenced', async () => {
  const log = await withRecords()
  const holder = await log.claim('g', 'in', 0)
  await reset(log, { kind: 'earliest' })
  await rejection(holder.commit(offset(6), offset(7), []), 'STEERFLOW_FENCED')
  expect(await committed(log)).toBe(0n)
})

const withAdmin = (log: Log, admin: Partial<LogAdmin>): Log =>
  Object.defineProperty(log, 'admin', {
    value: { members: async () => [], forgotten: async () => new Set<number>(), ...admin },
  })

it('a group with members is refused, unless nothing is to be moved', async () => {
  const member = { id: 'm', client: 'steerflow', host: '10.0.0.7', partitions: [0] }
  const log = withAdmin(await withRecords(), { members: async () => [member] })
  const error = await rejection(reset(log, { kind: 'earliest' }), 'STEERFLOW_GROUP_ACTIVE')
  expect(error.message).toContain('steerflow at 10.0.0.7')
  expect(error.kind).toBe('usage')
  expect(await reset(log, { kind: 'earliest' }, { dryRun: true })).toMatchObject([{ to: 0n }])
})

it('an offset that is gone cannot be shifted', async () => {
  const log = withAdmin(await withRecords(null), { forgotten: async () => new Set([0]) })
  await rejection(reset(log, { kind: 'shift', by: -1n }), 'STEERFLOW_USAGE')
  expect(await reset(log, { kind: 'earliest' })).toMatchObject([{ from: null, forgotten: true, to: 0n, again: 10n }])
})

it('a time is found past gaps', async () => {
  const log = await withRecords()
  const [state] = await log.state('in')
  const gaps: Log = Object.create(log, {
    read: {
      // As after compaction and aborted transactions: offsets 3 to 7 hold nothing.
      value: async (topic: string, partition: number, from: bigint) =>
        from >= 3n && from < 8n
          ? { records: [], next: from + 1n }
          : log.read(topic, partition, offset(from), { records: 1, bytes: 1 }),
    },
  }) as Log
  expect(await firstAt(gaps, state!, 8 * hour)).toBeGreaterThanOrEqual(3n)
  expect(await firstAt(gaps, state!, 8 * hour)).toBeLessThanOrEqual(8n)
  expect(await firstAt(gaps, state!, 9 * hour)).toBe(9n)
  expect(await firstAt(gaps, state!, 0)).toBe(0n)
})
