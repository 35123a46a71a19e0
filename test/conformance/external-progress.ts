import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { output, places, rejection, topic, values } from './support.js'

/** A claim of a name that holds no records remembers how far something outside the log was read. */
export const externalProgress: Property = under =>
  describe('progress in something outside the log', () => {
    const { log } = places(under)

    it('is committed with the records made of it', async () => {
      const open = await log(topic('raw'))
      const claim = await open.claim('ingest.3f8a', 'sources', 0)
      expect(claim.committed).toBe(0n)
      await claim.commit(offset(0), offset(41), [output('raw', { id: 'line-40', key: 'k' })])
      await claim.commit(offset(41), offset(1_000_000), [output('raw', { id: 'line-99', key: 'k' })])
      await claim.release()
      expect((await open.claim('ingest.3f8a', 'sources', 0)).committed).toBe(1_000_000n)
      expect((await open.claim('ingest.77c1', 'sources', 0)).committed).toBe(0n)
      expect(await values(open, 'raw')).toEqual(['line-40', 'line-99'])
    })

    it('is fenced like any other', async () => {
      const open = await log(topic('raw'))
      const old = await open.claim('ingest.3f8a', 'sources', 0)
      await open.claim('ingest.3f8a', 'sources', 0)
      await rejection(old.commit(offset(0), offset(1), [output('raw', { id: '1', key: 'k' })]), 'STEERFLOW_FENCED')
      expect(await values(open, 'raw')).toEqual([])
    })
  })
