import { expect, test } from 'vitest'
import { counters, type PartitionStatus } from '../../src/runtime/counters.js'
import { SteerflowError } from '../../src/domain/errors.js'
import { deadEnd, judge, type Standing } from '../../src/runtime/idle.js'
import type { Trouble } from '../../src/runtime/retry.js'

const still: Omit<PartitionStatus, 'partition'> = { committed: 5n, position: 5n, inFlight: 0, held: 0, pursuing: 0 }

const standing = (
  name: string,
  kind: 'each' | 'closing' | 'lasting',
  from: string,
  to: readonly string[],
  status: Partial<PartitionStatus> = {},
): Standing => ({
  node: { name, kind, from, to },
  status: { node: name, counters: counters(), partitions: [{ partition: 0, ...still, ...status }] },
  ends: [5n],
})

test('a seal is cut when everything upstream is quiet, whatever goes on elsewhere', () => {
  const verdict = judge([
    standing('clean', 'each', 'a', ['b']),
    standing('seal', 'closing', 'b', ['shards'], { held: 3 }),
    standing('annotate', 'each', 'c', ['d'], { inFlight: 4 }),
    standing('seal-scored', 'closing', 'd', ['shards'], { held: 2 }),
  ])
  expect(verdict).toEqual({ cut: ['seal'], sealed: [], idle: false })
})

test('records that wait are let go when nothing comes any more, and only then is what follows cut', () => {
  const waiting = (held: number) => [
    standing('clean', 'each', 'a', ['b'], { held }),
    standing('seal', 'closing', 'b', ['shards'], { held: 3 }),
  ]
  expect(judge(waiting(2))).toEqual({ cut: ['clean'], sealed: [], idle: false })
  expect(judge(waiting(0))).toEqual({ cut: ['seal'], sealed: [], idle: false })
})

test('a sealed topic is told, and the run goes on while a job runs', () => {
  const verdict = judge([
    standing('seal', 'closing', 'b', ['shards']),
    standing('launch', 'lasting', 'jobs', ['jobs'], { pursuing: 1 }),
  ])
  expect(verdict).toEqual({ cut: [], sealed: ['b'], idle: false })
})

test.each([
  ['behind', { position: 4n }],
  ['in flight', { inFlight: 1 }],
  ['held', { held: 1 }],
  ['pursuing', { pursuing: 1 }],
])('%s is not idle', (_, status) => {
  expect(judge([standing('n', 'each', 'a', [], status)]).idle).toBe(false)
})

test('a node with fewer partitions than its topic is not idle', () => {
  const one = standing('n', 'each', 'a', [])
  expect(judge([{ ...one, ends: [5n, 0n] }]).idle).toBe(false)
  expect(judge([one]).idle).toBe(true)
})

test('partitions worked on elsewhere count by what was committed of them', () => {
  const shared = { ...standing('n', 'each', 'a', []), ends: [5n, 7n] }
  expect(judge([{ ...shared, elsewhere: new Map([[1, 6n]]) }]).idle).toBe(false)
  expect(judge([{ ...shared, elsewhere: new Map([[1, 7n]]) }]).idle).toBe(true)
  expect(judge([{ ...shared, elsewhere: new Map() }]).idle).toBe(false)
})

test('a group is cut here while others hold theirs open, and the topic is sealed when all are cut', () => {
  const seal = { ...standing('seal', 'closing', 'b', [], { held: 3 }), ends: [5n, 7n] }
  const elsewhere = (to: bigint) => ({ elsewhere: new Map([[1, to]]) })
  expect(judge([{ ...seal, ...elsewhere(0n) }])).toEqual({ cut: ['seal'], sealed: [], idle: false })
  const cut = { ...standing('seal', 'closing', 'b', []), ends: [5n, 7n] }
  expect(judge([{ ...cut, ...elsewhere(0n) }])).toEqual({ cut: [], sealed: [], idle: false })
  expect(judge([{ ...cut, ...elsewhere(7n) }])).toEqual({ cut: [], sealed: ['b'], idle: true })
})

test('nothing is cut before its writers elsewhere have finished', () => {
  const clean = { ...standing('clean', 'each', 'a', ['b']), ends: [5n, 7n], elsewhere: new Map([[1, 6n]]) }
  expect(judge([clean, standing('seal', 'closing', 'b', [], { held: 3 })]).cut).toEqual([])
})

test('a node that feeds itself does not wait for itself', () => {
  expect(judge([standing('launch', 'lasting', 'jobs', ['jobs', 'models'])]).idle).toBe(true)
})

const trouble = (state: Trouble['state'], code: 'STEERFLOW_STORAGE' | 'STEERFLOW_OUTAGE', attempts: number) => ({
  trouble: { state, error: new SteerflowError(code, 'why'), since: 0, attempts, next: 0 },
})
const goingOn = { others: false, waits: false }
const paused = trouble('paused', 'STEERFLOW_STORAGE', 3)

test('a partition in trouble is not idle, although it stands at its end', () => {
  expect(judge([standing('seal', 'closing', 'a', [], paused)])).toEqual({ cut: [], sealed: [], idle: false })
  expect(judge([standing('n', 'each', 'a', [], trouble('waiting', 'STEERFLOW_OUTAGE', 1))]).idle).toBe(false)
})

test('what is paused for a reason that stays is a dead end once nothing else has anything to do', () => {
  const seal = standing('seal', 'closing', 'a', [], paused)
  const other = (status: Partial<PartitionStatus>) => [seal, standing('n', 'each', 'b', [], status)]
  expect(deadEnd([seal], goingOn)).toMatchObject({ node: 'seal', error: { code: 'STEERFLOW_STORAGE' } })
  expect(deadEnd(other({}), goingOn)).toMatchObject({ node: 'seal' })
  // A group that is held open waits for what is behind; it does not go on by itself.
  expect(deadEnd(other({ held: 3 }), goingOn)).toMatchObject({ node: 'seal' })
  const waits = { ...goingOn, waits: true }
  expect(deadEnd(other({ inFlight: 1 }), waits)).toMatchObject({ node: 'seal' })
  for (const busy of [{ position: 4n }, { pursuing: 1 }]) expect(deadEnd(other(busy), waits)).toBeNull()
  for (const busy of [{ position: 4n }, { inFlight: 1 }, { pursuing: 1 }])
    expect(deadEnd(other(busy), goingOn)).toBeNull()
})

test.each([
  ['was tried only now', trouble('paused', 'STEERFLOW_STORAGE', 2)],
  ['waits for what comes back', trouble('waiting', 'STEERFLOW_OUTAGE', 30)],
  ['failed for what comes back', trouble('paused', 'STEERFLOW_OUTAGE', 30)],
  ['has no trouble', {}],
])('what %s is no dead end', (_, status) => {
  expect(deadEnd([standing('n', 'each', 'a', [], status)], goingOn)).toBeNull()
})

test('what others have not finished may go on there, until they have stood still for long', () => {
  const shared = { ...standing('n', 'each', 'a', [], paused), ends: [5n, 7n], elsewhere: new Map([[1, 6n]]) }
  expect(deadEnd([shared], goingOn)).toBeNull()
  expect(deadEnd([shared], { ...goingOn, others: true })).toMatchObject({ node: 'n' })
  expect(deadEnd([{ ...shared, elsewhere: new Map([[1, 7n]]) }], goingOn)).toMatchObject({ node: 'n' })
})
