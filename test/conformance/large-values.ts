import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { everything, output, places, rejection, topic } from './support.js'

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** A value of the stated size is taken, one byte more is refused. */
export const largeValues: Property = under =>
  describe('large values', () => {
    const { log } = places(under)

    it('are taken up to the stated size', async () => {
      const open = await log(topic('in'))
      const value = Buffer.alloc(open.maxValueBytes, 'steerflow ')
      await open.publish([{ topic: 'in', key: null, value }, output('in', { id: 'after', key: 'k' })])
      const first = await open.read('in', 0, offset(0), { records: 10, bytes: 1 << 20 })
      expect(first.records).toHaveLength(1)
      expect(digest(first.records[0]!.value)).toBe(digest(value))
      const second = await open.read('in', 0, first.next, { records: 10, bytes: 1 << 20 })
      expect(second.records.map(record => record.value.toString())).toEqual(['after'])
    })

    it('are refused beyond it, with all that was to be published with them', async () => {
      const open = await log(topic('in'))
      const value = Buffer.alloc(open.maxValueBytes + 1)
      const outputs = [output('in', { id: 'before', key: 'k' }), { topic: 'in', key: null, value }]
      await rejection(open.publish(outputs), 'STEERFLOW_RECORD_TOO_LARGE')
      expect(await everything(open, 'in')).toEqual([])
    })
  })
