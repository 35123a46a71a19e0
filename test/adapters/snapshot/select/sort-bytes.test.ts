import { expect, it } from 'vitest'
import { sortBytesWithin } from '../../../../src/adapters/snapshot/select/sort-bytes.js'

const MiB = 1 << 20

it.each([
  [128, 64],
  [512, 128],
  [1024, 256],
  [65_536, 256],
])('of a memory of %i MiB, %i are for putting records in order', (memory, sorted) => {
  expect(sortBytesWithin(memory * MiB)).toBe(sorted * MiB)
})

it('knows what this process may have', () => {
  expect(sortBytesWithin()).toBeGreaterThanOrEqual(64 * MiB)
  expect(sortBytesWithin()).toBeLessThanOrEqual(256 * MiB)
})
