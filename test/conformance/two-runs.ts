import { describe, expect, it } from 'vitest'
import { check, faultless } from '../support/checker.js'
import type { Property } from './log-under-test.js'
import { everything, identified, identity, output, places, topic } from './support.js'
import { Worker } from './worker.js'

/** Two runs of the same node over the same input, in two processes: every output once, whoever made it. */
export const twoRuns: Property = under =>
  describe('two runs at the same time', () => {
    const { place } = places(under)

    it('make every output once', async () => {
      const here = await place()
      const log = await here.open()
      await log.ensure([topic('in'), topic('out')])
      const sent = identified(3000, 10)
      await log.publish(sent.map(record => output('in', record)))
      const task = { group: 'g', from: 'in', to: 'out', until: [sent.length], maxBatch: 5, pauseMs: 2 }
      const exits: unknown[] = []
      // Each newcomer takes over from the one before, which ends fenced; the last one finishes.
      let latest = new Worker('copy', here.connection, { ...task, seed: 0 })
      for (let run = 1; run < 6; run++) {
        await latest.line('claimed 0')
        const newcomer = new Worker('copy', here.connection, { ...task, seed: run })
        exits.push((await latest.end()).exit)
        latest = newcomer
      }
      exits.push((await latest.end()).exit)
      expect(exits).toEqual([3, 3, 3, 3, 3, 0])
      expect(check(sent, (await everything(log, 'out')).map(identity))).toEqual(faultless(sent.length))
    })
  })
