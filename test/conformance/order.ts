import { describe, expect, it } from 'vitest'
import { check, faultless } from '../support/checker.js'
import type { Property } from './log-under-test.js'
import { everything, identified, identity, output, places, topic } from './support.js'

/** Records of one key keep their order, and a key has its partition on either log. */
export const order: Property = under =>
  describe('order', () => {
    const { log } = places(under)

    it('is kept for each key over many publishes', async () => {
      const open = await log(topic('a', 3))
      const sent = identified(600, 7)
      for (let at = 0; at < sent.length; at += 50) {
        await open.publish(sent.slice(at, at + 50).map(record => output('a', record)))
      }
      expect(check(sent, (await everything(open, 'a')).map(identity))).toEqual(faultless(600))
    })

    it('is kept for publishes that do not wait for each other', async () => {
      const open = await log(topic('a', 3))
      const sent = identified(200, 5)
      await Promise.all(sent.map(record => open.publish([output('a', record)])))
      expect(check(sent, (await everything(open, 'a')).map(identity))).toEqual(faultless(200))
    })

    it('puts a key where the default partitioner of Kafka puts it', async () => {
      const open = await log(topic('a', 12))
      // Test vectors of the Java client's murmur2, positive, modulo 12.
      const known = { 21: 0, foobar: 6, 'a-little-bit-long-string': 8, 'a-little-bit-longer-string': 11, abc: 3 }
      for (const key of Object.keys(known)) await open.publish([output('a', { id: key, key })])
      const records = await everything(open, 'a')
      expect(Object.fromEntries(records.map(record => [identity(record).id, record.partition]))).toEqual(known)
    })

    it('spreads records without a key', async () => {
      const open = await log(topic('a', 2))
      for (let i = 0; i < 8; i++) await open.publish([{ topic: 'a', key: null, value: Buffer.from(`${i}`) }])
      const partitions = (await everything(open, 'a')).map(record => record.partition)
      expect(new Set(partitions).size).toBe(2)
    })
  })
