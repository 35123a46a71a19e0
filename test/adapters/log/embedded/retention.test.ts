import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../../../src/adapters/log/embedded/log.js'
import type { Log } from '../../../../src/runtime/log.js'
import { everything, identified, identity, output, topic } from '../../../conformance/support.js'
import { folder, removeFolders } from './folder.js'

const day = 86_400_000

describe('retention', () => {
  removeFolders()

  async function publish(log: Log, count: number, valueBytes: number): Promise<void> {
    const record = { topic: 'a', key: null, value: Buffer.alloc(valueBytes) }
    for (let done = 0; done < count; done += 500) await log.publish(Array.from({ length: 500 }, () => record))
  }

  it('deletes by age only, where no group ever read', async () => {
    let now = 0
    const log = await openEmbeddedLog({ dir: await folder(), now: () => now })
    await log.ensure([topic('a', 1, { keep: 'days', days: 2 })])
    for (now = 0; now < 5 * day; now += day) await publish(log, 500, 10)
    await log.retain?.(now)
    // Published on days 0 to 4, now it is day 5: those of days 3 and 4 stay, and of day 2 nothing is older than it may be.
    expect((await log.state('a'))[0]).toMatchObject({ start: 1500n, end: 2500n })
    await log.close()
  })

  it('gives its room back, to the disk and to the budget', async () => {
    const dir = await folder()
    const log = await openEmbeddedLog({ dir, maxBytes: 5_000_000, fullWaitMs: 50 })
    await log.ensure([topic('a', 1, { keep: 'days', days: 1 })])
    const sizes: number[] = []
    for (let round = 0; round < 4; round++) {
      await publish(log, 2500, 1000)
      sizes.push((await stat(join(dir, 'data.mdb'))).size)
      await log.retain?.(Date.now() + 2 * day)
      expect(await everything(log, 'a')).toEqual([])
    }
    expect(sizes[3]! / sizes[0]!).toBeLessThan(1.3)
    expect((await log.state('a'))[0]).toMatchObject({ start: 10_000n, end: 10_000n })
    await log.close()
  })

  it('keeps the last of each key over many records, and again when more have come', async () => {
    const log = await openEmbeddedLog({ dir: await folder() })
    await log.ensure([topic('a', 1, { keep: 'latest' })])
    for (const from of [0, 5000]) {
      for (let at = 0; at < 5000; at += 500) {
        await log.publish(identified(500, 7, from + at).map(record => output('a', record)))
      }
      await log.publish([{ topic: 'a', key: null, value: Buffer.from('no key') }])
      await log.retain?.(Date.now())
      const kept = (await everything(log, 'a')).map(identity)
      const last = identified(7, 7, from + 4993).map(({ id }) => id)
      expect(kept.filter(({ key }) => key !== '').map(({ id }) => id)).toEqual(last)
      expect(kept.filter(({ key }) => key === '')).toHaveLength(1 + from / 5000)
    }
    await log.close()
  })
})
