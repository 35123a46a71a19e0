import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { check, faultless } from '../support/checker.js'
import { repeats, tries } from '../support/effort.js'
import type { Property } from './log-under-test.js'
import { everything, identified, identity, output, places, topic } from './support.js'
import { Worker } from './worker.js'

const kills = tries(repeats(60, 12))
const partitions = 2
const perPartition = 100 * kills.length

/** Killed at any point and started again, a node neither loses nor repeats nor reorders anything. */
export const kill: Property = under =>
  describe('a node that is killed', () => {
    const { place } = places(under)

    it(`${kills.length} times, at chosen places and at any time, makes every output once and in order`, async () => {
      const here = await place()
      const log = await here.open()
      await log.ensure([topic('in', partitions), topic('out', partitions)])
      const sent = identified(partitions * perPartition, 20).map((record, i) => ({
        ...record,
        partition: i % partitions,
      }))
      await log.publish(sent.map(record => ({ ...output('in', record), partition: record.partition })))

      const until = Array.from({ length: partitions }, () => perPartition)
      const task = { group: 'g', from: 'in', to: 'out', until, maxBatch: 20 }
      const places = ['before', 'asked', 'after', 'any'] as const
      for (const i of kills) {
        const at = places[i % places.length]!
        // Commits before the kill are few, so that work is left for the last run.
        const fault = at === 'any' ? undefined : { at, commit: 1 + (i % 5) }
        const worker = new Worker('copy', here.connection, { ...task, seed: i, fault })
        if (at === 'any') {
          await worker.line('claimed 1')
          await sleep((i * 7) % 23)
          worker.signal('SIGKILL')
        }
        expect((await worker.end()).exit).toBe('SIGKILL')
      }
      const done = await log.committed('g', 'in')
      expect(Number(done.get(0))).toBeGreaterThan(0)
      expect(Number(done.get(0))).toBeLessThan(perPartition)

      expect((await new Worker('copy', here.connection, { ...task, seed: kills.at(-1)! + 1 }).end()).exit).toBe(0)
      expect(check(sent, (await everything(log, 'out')).map(identity))).toEqual(faultless(sent.length))
    })
  })
