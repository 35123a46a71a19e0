import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { everything, identified, output, places, readMany, rejection, topic, values } from './support.js'

/** A commit counts only from where the last one ended. */
export const compareAndCommit: Property = under =>
  describe('compare and commit', () => {
    const { log } = places(under)

    it('refuses to commit from anywhere but the committed offset, and changes nothing', async () => {
      const open = await log(topic('in'), topic('out'))
      await open.publish(['1', '2', '3'].map(id => output('in', { id, key: 'k' })))
      const claim = await open.claim('g', 'in', 0)
      await readMany(claim, 3)
      await claim.commit(offset(0), offset(1), [])
      for (const from of [0, 2]) {
        const out = [output('out', { id: 'x', key: 'k' })]
        await rejection(claim.commit(offset(from), offset(3), out), 'STEERFLOW_BUG')
      }
      expect(await everything(open, 'out')).toEqual([])
      expect(await open.committed('g', 'in')).toEqual(new Map([[0, 1n]]))
      await claim.commit(offset(1), offset(3), [])
      expect(await open.committed('g', 'in')).toEqual(new Map([[0, 3n]]))
    })

    it('keeps groups apart', async () => {
      const open = await log(topic('in'))
      await open.publish(['1', '2'].map(id => output('in', { id, key: 'k' })))
      const [one, other] = [await open.claim('g', 'in', 0), await open.claim('h', 'in', 0)]
      await readMany(one, 2)
      await one.commit(offset(0), offset(2), [])
      expect(other.committed).toBe(0n)
      expect((await readMany(other, 2)).length).toBe(2)
      expect(await open.committed('h', 'in')).toEqual(new Map())
    })

    it('begins again where it has committed, without losing the partition', async () => {
      const open = await log(topic('in'), topic('out'))
      await open.publish(identified(4, 1).map(record => output('in', record)))
      const claim = await open.claim('g', 'in', 0)
      const taken = await readMany(claim, 4)
      await claim.commit(offset(0), offset(1), [output('out', { id: 'a', key: 'k' })])
      await rejection(
        claim.commit(offset(1), offset(2), [output('nowhere', { id: 'b', key: 'k' })]),
        'STEERFLOW_TOPIC_UNKNOWN',
      )
      expect([taken.length, await claim.rewind(), claim.committed]).toEqual([4, 1n, 1n])
      expect((await readMany(claim, 3)).map(record => record.offset)).toEqual([1n, 2n, 3n])
      await claim.commit(offset(1), offset(4), [output('out', { id: 'b', key: 'k' })])
      expect(await values(open, 'out')).toEqual(['a', 'b'])
      await (await open.claim('g', 'in', 0)).release()
      await rejection(
        claim.rewind().then(() => claim.commit(offset(4), offset(4), [])),
        'STEERFLOW_FENCED',
      )
    })
  })
