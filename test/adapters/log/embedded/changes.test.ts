import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Changes } from '../../../../src/adapters/log/embedded/writer.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Whether a promise is settled, once everything that was due has run. */
async function isWoken(waiting: Promise<void>): Promise<boolean> {
  let woken = false
  void waiting.then(() => (woken = true))
  await vi.advanceTimersByTimeAsync(0)
  return woken
}

it('wakes at once for an announcement, and otherwise after a moment to look again', async () => {
  const changes = new Changes()
  const waiting = [changes.next(60_000), changes.next(60_000)]
  expect(await Promise.all(waiting.map(isWoken))).toEqual([false, false])
  changes.announce()
  expect(await Promise.all(waiting.map(isWoken))).toEqual([true, true])
  const later = changes.next(60_000)
  await vi.advanceTimersByTimeAsync(19)
  expect(await isWoken(later)).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await isWoken(later)).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

it('waits no longer than it was told', async () => {
  const waiting = new Changes().next(2)
  await vi.advanceTimersByTimeAsync(1)
  expect(await isWoken(waiting)).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await isWoken(waiting)).toBe(true)
})
