import { describe, expect, it } from 'vitest'
import { type Claim, type Log, offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { output, places, readMany, rejection, topic, values } from './support.js'

/** A member that notes what it is told. */
function member() {
  const told = { assigned: [] as Claim[], lost: [] as Claim[], failed: [] as Error[] }
  const assignee = {
    assigned: (claim: Claim) => void told.assigned.push(claim),
    lost: (claim: Claim) => void told.lost.push(claim),
    revoked: async () => undefined,
    failed: (error: Error) => void told.failed.push(error),
  }
  return { told, assignee }
}

/** Only the newest owner of a partition can commit. */
export const fencing: Property = under =>
  describe('fencing', () => {
    const { log } = places(under)
    const prepared = async (): Promise<Log> => {
      const open = await log(topic('in', 2), topic('out'))
      const records = [0, 0, 1].map((partition, i) => ({ ...output('in', { id: `${i}`, key: 'k' }), partition }))
      await open.publish(records)
      return open
    }

    it('lets the newer of two claims commit, and the older one do nothing', async () => {
      const open = await prepared()
      const old = await open.claim('g', 'in', 0)
      await readMany(old, 2)
      const now = await open.claim('g', 'in', 0)
      const out = (id: string) => [output('out', { id, key: 'k' })]
      await rejection(old.commit(offset(0), offset(1), out('old')), 'STEERFLOW_FENCED')
      await now.commit(offset(0), offset(1), out('new'))
      await rejection(old.commit(offset(1), offset(2), out('old')), 'STEERFLOW_FENCED')
      expect(await values(open, 'out')).toEqual(['new'])
      expect(await open.committed('g', 'in')).toEqual(new Map([[0, 1n]]))
    })

    it('does not reach other partitions and groups', async () => {
      const open = await prepared()
      const claims = [await open.claim('g', 'in', 0), await open.claim('g', 'in', 1), await open.claim('h', 'in', 0)]
      for (const claim of claims) await claim.commit(offset(0), offset(1), [])
      expect(await open.committed('g', 'in')).toEqual(
        new Map([
          [0, 1n],
          [1, 1n],
        ]),
      )
    })

    it('fails commits made at the same time each for itself', async () => {
      const open = await prepared()
      const old = await open.claim('g', 'in', 0)
      const now = await open.claim('g', 'in', 0)
      const commits = [old, now].map((claim, i) =>
        claim.commit(offset(0), offset(2), [output('out', { id: `${i}`, key: 'k' })]),
      )
      expect((await Promise.allSettled(commits)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
      expect(await values(open, 'out')).toEqual(['1'])
    })

    it('gives a member every partition, and what is added later', async () => {
      const open = await prepared()
      const { told, assignee } = member()
      const membership = await open.join('g', 'in', assignee)
      await expect.poll(() => told.assigned.map(claim => claim.partition).sort()).toEqual([0, 1])
      await open.ensure([topic('in', 3)])
      await expect.poll(() => told.assigned.map(claim => claim.partition).sort()).toEqual([0, 1, 2])
      await membership.leave()
      expect(told).toMatchObject({ lost: [], failed: [] })
      await rejection(told.assigned[0]!.commit(offset(0), offset(1), []), 'STEERFLOW_FENCED')
    })

    it.skipIf(under.features.sharesPartitions)('tells the first of two members that it has lost all', async () => {
      const open = await prepared()
      const [first, second] = [member(), member()]
      await open.join('g', 'in', first.assignee)
      await expect.poll(() => first.told.assigned.length).toBe(2)
      const reads = first.told.assigned.map(claim => readMany(claim, 3).catch((error: unknown) => error))
      await open.join('g', 'in', second.assignee)
      await expect.poll(() => second.told.assigned.length).toBe(2)
      for (const read of reads) expect(await read).toMatchObject({ code: 'STEERFLOW_FENCED' })
      expect(first.told.lost).toHaveLength(2)
      expect(first.told.failed[0]).toMatchObject({ code: 'STEERFLOW_FENCED' })
      expect(second.told).toMatchObject({ lost: [], failed: [] })
      await second.told.assigned[0]!.commit(offset(0), offset(1), [])
    })
  })
