import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { identified, output, places, rejection, topic } from './support.js'

/** Reading keeps to its limits, waits no longer than it was told, and wakes when something comes. */
export const reading: Property = under =>
  describe('reading', () => {
    const { log } = places(under)

    it('goes on where the last read ended, within its limits, but gives at least one record', async () => {
      const open = await log(topic('in'))
      await open.publish(identified(10, 1).map(record => output('in', record)))
      const claim = await open.claim('g', 'in', 0)
      const first = await claim.read({ records: 4, bytes: 1 << 20 }, 5000)
      expect(first.records.map(record => record.offset)).toEqual([0n, 1n, 2n, 3n])
      expect(first.next).toBe(4n)
      const second = await claim.read({ records: 100, bytes: 1 }, 5000)
      expect(second.records.map(record => record.offset)).toEqual([4n])
      const read = await open.read('in', 0, offset(7), { records: 100, bytes: 1 << 20 })
      expect(read.records.map(record => record.value.toString())).toEqual(['7', '8', '9'])
      expect(read.next).toBe(10n)
      expect(await open.read('in', 0, offset(10), { records: 100, bytes: 1 << 20 })).toEqual({ records: [], next: 10n })
    })

    it('waits for a record no longer than it was told', async () => {
      const open = await log(topic('in'))
      const claim = await open.claim('g', 'in', 0)
      const started = performance.now()
      expect(await claim.read({ records: 10, bytes: 1 << 20 }, 150)).toEqual({ records: [], next: 0n })
      expect(performance.now() - started).toBeGreaterThanOrEqual(145)
    })

    it('wakes when a record comes, and when the claim is given back', async () => {
      const open = await log(topic('in'))
      const claim = await open.claim('g', 'in', 0)
      const waiting = claim.read({ records: 10, bytes: 1 << 20 }, 60_000)
      await open.publish([output('in', { id: '1', key: 'k' })])
      expect((await waiting).records.map(record => record.value.toString())).toEqual(['1'])
      const last = claim.read({ records: 10, bytes: 1 << 20 }, 60_000)
      await claim.release()
      expect((await last).records).toEqual([])
      await rejection(claim.read({ records: 10, bytes: 1 << 20 }, 0), 'STEERFLOW_FENCED')
    })

    it('knows when a record was published', async () => {
      const open = await log(topic('in'))
      const before = Date.now()
      await open.publish([output('in', { id: '1', key: 'k' })])
      const { records } = await open.read('in', 0, offset(0), { records: 1, bytes: 1 })
      expect(records[0]?.timestamp).toBeGreaterThanOrEqual(before)
      expect(records[0]?.timestamp).toBeLessThanOrEqual(Date.now())
    })
  })
