import { expect, test } from 'vitest'
import { sayRoomWaits } from '../../../src/cli/run/ingest-files.js'
import { Waits } from '../../../src/runtime/waits.js'

test('a source that waits for room in the log says so, until something is taken in', async () => {
  const waits = new Waits()
  const state = { taken: 5, usedBytes: 900 }
  const end = sayRoomWaits(
    { usage: () => ({ usedBytes: state.usedBytes, maxBytes: 1000 }) },
    waits,
    () => state.taken,
    1,
  )
  const said = () => waits.current().map(({ what }) => what)
  await expect.poll(said).toEqual([expect.stringMatching(/^room in the log: .*90 %.*Raise log\.maxBytes/)])
  state.taken++
  state.usedBytes = 100
  await expect.poll(said).toEqual([])
  state.usedBytes = 900
  await expect.poll(() => said().length).toBe(1)
  end()
  expect(said()).toEqual([])
})

test('a log without a budget has room', async () => {
  const waits = new Waits()
  let looks = 0
  const taken = () => {
    looks++
    return 0
  }
  const end = sayRoomWaits({}, waits, taken, 1)
  await expect.poll(() => looks).toBeGreaterThan(3)
  expect(waits.current()).toEqual([])
  end()
})
