import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { LogUnderTest, Property } from './log-under-test.js'
import { everything, places, rejection, topic } from './support.js'

const days = { keep: 'days', days: 1 } as const
const record = (name: string) => ({ topic: name, key: null, value: Buffer.alloc(1000) })
const records = (name: string, count: number) => Array.from({ length: count }, () => record(name))

/** A full budget makes sources wait, lets nodes go on for a while, and loses nothing. */
export const diskFull: Property = under =>
  describe('a full disk budget', () => {
    const { place } = places(under)
    const small = async (waitMs: number, maxBytes = 200_000, from: LogUnderTest = under) => {
      const here = await place()
      if (!here.openSmall) throw new Error(`${from.features.name} has no budget`)
      const log = await here.openSmall(maxBytes, waitMs)
      await log.ensure([topic('in', 1, days), topic('out', 1, days)])
      return log
    }

    it('makes a source wait, then fail, and keeps what was acknowledged', async () => {
      const log = await small(200)
      let published = 0
      const fill = async (): Promise<void> => {
        for (;;) {
          await log.publish(records('in', 10))
          published += 10
        }
      }
      const started = performance.now()
      await rejection(fill(), 'STEERFLOW_LOG_FULL')
      expect(performance.now() - started).toBeGreaterThanOrEqual(195)
      expect(published).toBeGreaterThan(50)
      expect(await everything(log, 'in')).toHaveLength(published)
      const source = await log.claim('ingest.1', 'sources', 0)
      await rejection(source.commit(offset(0), offset(1), records('in', 10)), 'STEERFLOW_LOG_FULL')
      expect(await log.committed('ingest.1', 'sources')).toEqual(new Map())
    })

    it('leaves the nodes room to work off what was taken in', async () => {
      const log = await small(100)
      const fill = async (): Promise<void> => {
        for (;;) await log.publish(records('in', 10))
      }
      await rejection(fill(), 'STEERFLOW_LOG_FULL')
      const node = await log.claim('g', 'in', 0)
      await node.commit(offset(0), offset(20), records('out', 20))
      expect(await everything(log, 'out')).toHaveLength(20)
      // Not for ever: the budget holds for nodes, too; but who publishes nothing needs no room.
      const other = await log.claim('h', 'in', 0)
      const waiting = rejection(other.commit(offset(0), offset(20), records('out', 100)), 'STEERFLOW_LOG_FULL')
      await new Promise(resolve => setTimeout(resolve, 30))
      await node.commit(offset(20), offset(30), [])
      await waiting
      expect(await log.committed('g', 'in')).toEqual(new Map([[0, 30n]]))
    })

    it('lets waiting sources go on in their order when retention makes room', async () => {
      const log = await small(20_000)
      for (let i = 0; i < 10; i++) await log.publish(records('in', 10))
      const order: number[] = []
      const waiting = Array.from({ length: 5 }, (_, i) => log.publish(records('in', 20)).then(() => order.push(i)))
      await new Promise(resolve => setTimeout(resolve, 100))
      expect(order.length).toBeLessThan(5)
      for (let to = 0; order.length < 5;) {
        const node = await log.claim('g', 'in', 0)
        const { end } = (await log.state('in'))[0]!
        await node.commit(offset(to), end, [])
        to = Number(end)
        await under.expire(log, 'in')
        await new Promise(resolve => setTimeout(resolve, 50))
      }
      await Promise.all(waiting)
      expect(order).toEqual([0, 1, 2, 3, 4])
    })
  })
