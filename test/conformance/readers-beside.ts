import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { places, rejection, topic } from './support.js'
import { Worker } from './worker.js'

/** A reader in another process sees whole transactions, in order, without holes, and nothing that was refused. */
export const readersBeside: Property = under =>
  describe('readers beside', () => {
    const { place } = places(under)

    it('see only what is committed, all of it, in order', async () => {
      const here = await place()
      const log = await here.open()
      await log.ensure([topic('out')])
      const fenced = await log.claim('g', 'sources', 0)
      const claim = await log.claim('g', 'sources', 0)
      const sizes = Array.from({ length: 150 }, (_, batch) => 1 + (batch % 13))
      const count = sizes.reduce((sum, size) => sum + size, 0)
      const tail = new Worker('tail', here.connection, { topic: 'out', count })
      await tail.line('reading')
      for (const [batch, size] of sizes.entries()) {
        const records = (name: string) =>
          Array.from({ length: size }, (_, i) => ({
            topic: 'out',
            key: null,
            value: Buffer.from(`${name}:${i}:${size}`),
          }))
        await claim.commit(offset(batch), offset(batch + 1), records(`${batch}`))
        if (batch % 10 === 0) {
          await rejection(fenced.commit(offset(batch + 1), offset(batch + 2), records('zombie')), 'STEERFLOW_FENCED')
        }
      }
      const seen = (await tail.end()).lines.slice(1).map(line => line.split(' '))
      const expected = sizes.flatMap((size, batch) => Array.from({ length: size }, (_, i) => `${batch}:${i}:${size}`))
      expect(seen.map(([, value]) => value)).toEqual(expected)
      const offsets = seen.map(([at]) => Number(at))
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
    })
  })
