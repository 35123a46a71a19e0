import { expect, test } from 'vitest'
import { counters, type PartitionStatus } from '../../src/runtime/counters.js'
import { judge, type Standing } from '../../src/runtime/idle.js'

const still: Omit<PartitionStatus, 'partition'> = { committed: 5n, position: 5n, inFlight: 0, held: 0, pursuing: 0 }

const standing = (
  name: string,
  groups: 'none' | 'closing' | 'lasting',
  from: string,
  to: readonly string[],
  status: Partial<PartitionStatus> = {},
): Standing => ({
  node: { name, groups, from, to },
  status: { node: name, counters: counters(), partitions: [{ partition: 0, ...still, ...status }] },
  ends: [5n],
})

test('a seal is cut when everything upstream is quiet, whatever goes on elsewhere', () => {
  const verdict = judge([
    standing('clean', 'none', 'a', ['b']),
    standing('seal', 'closing', 'b', ['shards'], { held: 3 }),
    standing('annotate', 'none', 'c', ['d'], { inFlight: 4 }),
    standing('seal-scored', 'closing', 'd', ['shards'], { held: 2 }),
  ])
  expect(verdict).toEqual({ cut: ['seal'], sealed: [], idle: false })
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
  expect(judge([standing('n', 'none', 'a', [], status)]).idle).toBe(false)
})

test('a node with fewer partitions than its topic is not idle', () => {
  const one = standing('n', 'none', 'a', [])
  expect(judge([{ ...one, ends: [5n, 0n] }]).idle).toBe(false)
  expect(judge([one]).idle).toBe(true)
})

test('partitions worked on elsewhere count by what was committed of them', () => {
  const shared = { ...standing('n', 'none', 'a', []), ends: [5n, 7n] }
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
  const clean = { ...standing('clean', 'none', 'a', ['b']), ends: [5n, 7n], elsewhere: new Map([[1, 6n]]) }
  expect(judge([clean, standing('seal', 'closing', 'b', [], { held: 3 })]).cut).toEqual([])
})

test('a node that feeds itself does not wait for itself', () => {
  expect(judge([standing('launch', 'lasting', 'jobs', ['jobs', 'models'])]).idle).toBe(true)
})
