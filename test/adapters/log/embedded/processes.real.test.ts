import { afterEach, describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../../../src/adapters/log/embedded/log.js'
import { Store } from '../../../../src/adapters/log/embedded/store.js'
import { check, faultless } from '../../../support/checker.js'
import { everything, identity, topic } from '../../../conformance/support.js'
import { killWorkers, Worker } from '../../../conformance/worker.js'
import { folder, removeFolders } from './folder.js'

const module = new URL('../../../../dist/adapters/log/embedded/log.js', import.meta.url).href
const connection = (dir: string) => ({ module, open: 'openEmbeddedLog', options: { dir } })

describe('several processes', () => {
  removeFolders()
  afterEach(killWorkers)

  it('make a log that is not there yet at the same time', async () => {
    for (let round = 0; round < 3; round++) {
      const dir = await folder()
      const names = ['p', 'q', 'r', 's']
      const task = { topic: 'a', count: 50, batch: 5 }
      const workers = names.map(name => new Worker('produce', connection(dir), { ...task, name }))
      for (const worker of workers) expect((await worker.end()).exit).toBe(0)
      const log = await openEmbeddedLog({ dir })
      const sent = names.flatMap(key => Array.from({ length: 50 }, (_, i) => ({ id: `${key}-${i}`, key })))
      expect(check(sent, (await everything(log, 'a')).map(identity))).toEqual(faultless(200))
      await log.close()
    }
  })

  it('are not held up by one that Ctrl-Z has stopped in the middle of writing', async () => {
    const dir = await folder()
    const log = await openEmbeddedLog({ dir })
    await log.ensure([topic('a'), topic('b')])
    const task = { name: 'p', topic: 'a', count: 1_000_000, batch: 100 }
    const writer = new Worker('produce', connection(dir), task)
    await writer.line('producing')
    const end = async () => (await log.state('a'))[0]!.end
    for (let round = 0; round < 5; round++) {
      const before = await end()
      await expect.poll(end, { interval: 5 + round }).toBeGreaterThan(before)
      writer.signal('SIGTSTP')
      await expect.poll(() => writer.stopped).toBe(true)
      // If it had been stopped within a transaction, this process would wait for ever.
      const other = new Worker('produce', connection(dir), { name: 'q', topic: 'b', count: 1, batch: 1 })
      expect((await other.end()).exit).toBe(0)
      writer.signal('SIGCONT')
    }
    await log.close()
  })

  it('leave no snapshot behind when they are killed', async () => {
    const dir = await folder()
    const log = await openEmbeddedLog({ dir })
    await log.ensure([topic('a')])
    await log.publish([{ topic: 'a', key: null, value: Buffer.from('0:0:1') }])
    const store = await Store.open(dir)
    const reader = new Worker('tail', connection(dir), { topic: 'a', count: 2 })
    await reader.line('0 0:0:1')
    reader.signal('SIGKILL')
    await reader.end()
    expect(store.forgetDeadReaders()).toBe(1)
    expect(store.forgetDeadReaders()).toBe(0)
    await store.close()
    await log.close()
  })
})
