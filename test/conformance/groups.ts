import { describe, expect, it } from 'vitest'
import type { Property } from './log-under-test.js'
import { output, places, topic } from './support.js'

/** The log knows which groups have committed on which topics. */
export const groups: Property = under =>
  describe('groups', () => {
    const { log } = places(under)

    it('are known with the topics on which they committed, and only those', async () => {
      const open = await log(topic('a'), topic('b'))
      await open.publish([output('a', { id: '1', key: 'k' }), output('b', { id: '1', key: 'k' })])
      expect(await open.groups()).toEqual([])
      const began = await open.claim('began', 'a', 0)
      const first = await open.claim('first', 'a', 0)
      await first.commit(first.committed, (await first.read({ records: 1, bytes: 1 << 20 }, 10_000)).next, [])
      const second = await open.claim('first', 'b', 0)
      await second.commit(second.committed, (await second.read({ records: 1, bytes: 1 << 20 }, 10_000)).next, [])
      const found = (await open.groups()).map(({ group, topic }) => `${group} ${topic}`).sort()
      expect(found).toEqual(['first a', 'first b'])
      for (const claim of [began, first, second]) await claim.release()
    })
  })
