import { describe, expect, it } from 'vitest'
import type { Property } from './log-under-test.js'
import { everything, output, places, readMany, rejection, topic, values } from './support.js'

/** Outputs and the offset become visible and durable together, or not at all. */
export const atomicCommit: Property = under =>
  describe('commit', () => {
    const { log, place } = places(under)
    const records = ['1', '2', '3'].map(id => output('in', { id, key: 'k' }))

    it('publishes outputs to several topics and moves the offset', async () => {
      const open = await log(topic('in'), topic('out'), topic('dropped'))
      await open.publish(records)
      const claim = await open.claim('g', 'in', 0)
      const batch = await claim.read({ records: 10, bytes: 1 << 20 }, 5000)
      await claim.commit(claim.committed, batch.next, [
        output('out', { id: 'x', key: 'k' }),
        output('dropped', { id: 'y', key: 'k' }),
      ])
      expect(await values(open, 'out')).toEqual(['x'])
      expect(await values(open, 'dropped')).toEqual(['y'])
      expect(await open.committed('g', 'in')).toEqual(new Map([[0, batch.next]]))
    })

    it('leaves nothing behind when one output cannot be published', async () => {
      const open = await log(topic('in'), topic('out'))
      await open.publish(records)
      const claim = await open.claim('g', 'in', 0)
      const batch = await claim.read({ records: 10, bytes: 1 << 20 }, 5000)
      const good = output('out', { id: 'x', key: 'k' })
      const large = { ...good, value: Buffer.alloc(open.maxValueBytes + 1) }
      const unknown = { ...good, topic: 'nowhere' }
      await rejection(claim.commit(claim.committed, batch.next, [good, large]), 'STEERFLOW_RECORD_TOO_LARGE')
      await rejection(claim.commit(claim.committed, batch.next, [good, unknown]), 'STEERFLOW_TOPIC_UNKNOWN')
      expect(await everything(open, 'out')).toEqual([])
      expect(await open.committed('g', 'in')).toEqual(new Map())
      await claim.commit(claim.committed, batch.next, [good])
      expect(await values(open, 'out')).toEqual(['x'])
    })

    it('is there when the log is opened again, and the next owner goes on behind it', async () => {
      const here = await place()
      const first = await here.open()
      await first.ensure([topic('in'), topic('out')])
      await first.publish(records)
      const claim = await first.claim('g', 'in', 0)
      const [record] = await readMany(claim, 1)
      await claim.commit(claim.committed, 1n as typeof claim.committed, [output('out', { id: 'x', key: 'k' })])
      expect(record?.offset).toBe(0n)
      await first.close()

      const second = await here.open()
      const again = await second.claim('g', 'in', 0)
      expect(again.committed).toBe(1n)
      expect((await readMany(again, 2)).map(({ value }) => value.toString())).toEqual(['2', '3'])
      expect(await values(second, 'out')).toEqual(['x'])
    })
  })
