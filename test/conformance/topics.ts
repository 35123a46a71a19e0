import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { limits, output, places, rejection, topic, values } from './support.js'

/** Topics are made once, may grow, and never shrink. */
export const topics: Property = under =>
  describe('topics', () => {
    const { log } = places(under)

    it('grow and never shrink, and keep their records', async () => {
      const open = await log(topic('a', 2))
      await open.publish([{ ...output('a', { id: '1', key: 'k' }), partition: 1 }])
      await open.ensure([topic('a', 1), topic('b')])
      expect((await open.state('a')).map(({ end }) => end)).toEqual([0n, 1n])
      await open.ensure([topic('a', 3)])
      expect((await open.state('a')).map(({ end }) => end)).toEqual([0n, 1n, 0n])
      expect((await open.topics()).map(({ name, partitions }) => [name, partitions])).toEqual([
        ['a', 3],
        ['b', 1],
      ])
      expect(await values(open, 'a')).toEqual(['1'])
    })

    it('that do not exist are refused', async () => {
      const open = await log(topic('a'))
      await rejection(open.publish([output('nowhere', { id: '1', key: 'k' })]), 'STEERFLOW_TOPIC_UNKNOWN')
      await rejection(open.read('nowhere', 0, offset(0), limits), 'STEERFLOW_TOPIC_UNKNOWN')
      await rejection(open.read('a', 1, offset(0), limits), 'STEERFLOW_TOPIC_UNKNOWN')
      await rejection(open.state('nowhere'), 'STEERFLOW_TOPIC_UNKNOWN')
    })
  })
