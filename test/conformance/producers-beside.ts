import { describe, expect, it } from 'vitest'
import { check, faultless } from '../support/checker.js'
import type { Property } from './log-under-test.js'
import { identity, places, readMany, topic } from './support.js'
import { Worker } from './worker.js'

/** Producers in other processes write while a node reads. */
export const producersBeside: Property = under =>
  describe('producers beside', () => {
    const { place } = places(under)

    it('lose nothing and keep their order, and their records reach a waiting reader', async () => {
      const here = await place()
      const log = await here.open()
      await log.ensure([topic('in')])
      const claim = await log.claim('g', 'in', 0)
      const names = ['p', 'q', 'r']
      const producers = names.map(
        name => new Worker('produce', here.connection, { name, topic: 'in', count: 400, batch: 7 }),
      )
      const received = (await readMany(claim, 1200, 20_000)).map(identity)
      for (const producer of producers) expect((await producer.end()).exit).toBe(0)
      const sent = names.flatMap(key => Array.from({ length: 400 }, (_, i) => ({ id: `${key}-${i}`, key })))
      expect(check(sent, received)).toEqual(faultless(1200))
    })
  })
