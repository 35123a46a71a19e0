import { describe, expect, it } from 'vitest'
import { type Log, offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { expired, identified, output, places, topic, values } from './support.js'

/** Old records go once every group has passed them; what is kept by key keeps the last of each. */
export const retention: Property = under =>
  describe('retention', () => {
    const { log } = places(under)
    const commitTo = async (open: Log, group: string, to: number): Promise<void> => {
      const claim = await open.claim(group, 'in', 0)
      await claim.commit(claim.committed, offset(to), [])
    }

    it('never passes the slowest group', async () => {
      const open = await log(topic('in', 1, { keep: 'days', days: 1 }))
      await open.publish(identified(10, 3).map(record => output('in', record)))
      await commitTo(open, 'fast', 9)
      await commitTo(open, 'slow', 4)
      await open.claim('fresh', 'in', 0)
      await under.expire(open, 'in')
      expect((await open.state('in'))[0]).toMatchObject({ start: 0n, end: 10n })
      await commitTo(open, 'fresh', 6)
      await expired(under, open, { start: 4n, end: 10n })
      expect(await values(open, 'in')).toEqual(['4', '5', '6', '7', '8', '9'])
    })

    it('keeps the end when all records are gone', async () => {
      const open = await log(topic('in', 1, { keep: 'days', days: 1 }))
      await open.publish(identified(5, 1).map(record => output('in', record)))
      await commitTo(open, 'g', 5)
      await expired(under, open, { start: 5n, end: 5n })
      await open.publish([output('in', { id: 'later', key: 'k' })])
      const claim = await open.claim('g', 'in', 0)
      const batch = await claim.read({ records: 10, bytes: 1 << 20 }, 5000)
      expect(batch.records.map(record => [record.offset, record.value.toString()])).toEqual([[5n, 'later']])
    })

    it.skipIf(!under.features.compactsBehindGroups)(
      'keeps the last record of each key, above the slowest group every one',
      async () => {
        const open = await log(topic('in', 1, { keep: 'latest' }))
        await open.publish(identified(9, 3).map(record => output('in', record)))
        await commitTo(open, 'g', 7)
        await under.expire(open, 'in')
        expect(await values(open, 'in')).toEqual(['4', '5', '6', '7', '8'])
        const claim = await open.claim('h', 'in', 0)
        const batch = await claim.read({ records: 3, bytes: 1 << 20 }, 5000)
        expect(batch.records.map(record => record.offset)).toEqual([4n, 5n, 6n])
        expect(batch.next).toBe(7n)
      },
    )

    it('keeps what is to be kept for ever', async () => {
      const open = await log(topic('in'))
      await open.publish(identified(3, 1).map(record => output('in', record)))
      await commitTo(open, 'g', 3)
      await under.expire(open, 'in')
      expect(await values(open, 'in')).toEqual(['0', '1', '2'])
    })
  })
