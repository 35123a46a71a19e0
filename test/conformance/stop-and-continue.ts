import { describe, expect, it } from 'vitest'
import { check, faultless } from '../support/checker.js'
import type { Property } from './log-under-test.js'
import { everything, identified, identity, output, places, topic } from './support.js'
import { Worker } from './worker.js'

/** A process that was stopped, and goes on after another took over, is a zombie: it writes nothing. */
export const stopAndContinue: Property = under =>
  describe('a process stopped and continued', () => {
    const { place } = places(under)

    it('writes nothing once another has taken over', async () => {
      const here = await place()
      const log = await here.open()
      await log.ensure([topic('in'), topic('out')])
      const sent = identified(500, 10)
      await log.publish(sent.map(record => output('in', record)))
      const task = { group: 'g', from: 'in', to: 'out', until: [sent.length], maxBatch: 20 }
      const zombie = new Worker('copy', here.connection, { ...task, fault: { at: 'stop', commit: 5 } })
      await zombie.line('stopping')
      const before = (await log.committed('g', 'in')).get(0)!
      expect(before).toBeGreaterThan(0n)
      expect(before).toBeLessThan(500n)
      const heir = new Worker('copy', here.connection, { ...task, seed: 2 })
      expect((await heir.end()).exit).toBe(0)

      zombie.signal('SIGCONT')
      expect((await zombie.end()).exit).toBe(3)
      expect(check(sent, (await everything(log, 'out')).map(identity))).toEqual(faultless(sent.length))
    })
  })
