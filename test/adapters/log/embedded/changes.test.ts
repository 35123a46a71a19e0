import { expect, it } from 'vitest'
import { Changes } from '../../../../src/adapters/log/embedded/changes.js'

it('wakes at once for an announcement, and otherwise after a moment to look again', async () => {
  const changes = new Changes()
  const started = performance.now()
  const waiting = [changes.next(60_000), changes.next(60_000)]
  changes.announce()
  await Promise.all(waiting)
  expect(performance.now() - started).toBeLessThan(15)
  await changes.next(60_000)
  expect(performance.now() - started).toBeLessThan(1000)
})

it('waits no longer than it was told', async () => {
  const started = performance.now()
  await new Changes().next(2)
  expect(performance.now() - started).toBeLessThan(15)
})
