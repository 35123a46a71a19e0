import { describe, expect, it } from 'vitest'
import type { Property } from './log-under-test.js'
import { output, places, readMany, topic, values } from './support.js'

/** Records that cause nothing move the offset all the same. */
export const emptyCommit: Property = under =>
  describe('a commit without outputs', () => {
    const { log } = places(under)

    it('moves the offset, and may move it by nothing', async () => {
      const open = await log(topic('in'), topic('out'))
      await open.publish([output('in', { id: '1', key: 'k' })])
      const claim = await open.claim('g', 'in', 0)
      await readMany(claim, 1)
      const next = 1n as typeof claim.committed
      await claim.commit(claim.committed, next, [])
      expect(await open.committed('g', 'in')).toEqual(new Map([[0, 1n]]))
      await claim.commit(next, next, [output('out', { id: 'x', key: 'k' })])
      expect(await open.committed('g', 'in')).toEqual(new Map([[0, 1n]]))
      expect(await values(open, 'out')).toEqual(['x'])
    })

    it('of a publish does nothing', async () => {
      const open = await log(topic('in'))
      await open.publish([])
      expect((await open.state('in'))[0]).toMatchObject({ start: 0n, end: 0n })
    })
  })
