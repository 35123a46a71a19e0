import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { expired, identified, limits, output, places, rejection, topic } from './support.js'

/** A group below the start of the log stops and says what it has missed; it never jumps. */
export const offsetLost: Property = under =>
  describe('an offset below the start of the log', () => {
    const { log } = places(under)

    it('is fatal for a claim and names the range', async () => {
      const open = await log(topic('in', 1, { keep: 'days', days: 1 }))
      await open.publish(identified(10, 3).map(record => output('in', record)))
      const claim = await open.claim('g', 'in', 0)
      await claim.commit(offset(0), offset(10), [])
      await expired(under, open, { start: 10n, end: 10n })
      await claim.commit(offset(10), offset(3), [])
      const error = await rejection((await open.claim('g', 'in', 0)).read(limits, 1000), 'STEERFLOW_OFFSET_LOST')
      expect(error.kind).toBe('fatal')
      expect(error.message).toContain('offsets 3 to 9')
      expect(error.message).toContain('7 records')
    })

    it('is no matter for a reader without a group, which begins at the start', async () => {
      const open = await log(topic('in', 1, { keep: 'days', days: 1 }))
      await open.publish(identified(4, 1).map(record => output('in', record)))
      await under.expire(open, 'in')
      await open.publish([output('in', { id: 'later', key: 'k' })])
      const { records, next } = await open.read('in', 0, offset(0), limits)
      expect(records.map(record => record.value.toString())).toEqual(['later'])
      expect(next).toBe(5n)
    })
  })
