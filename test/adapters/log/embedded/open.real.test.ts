import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../../../src/adapters/log/embedded/log.js'
import { Store } from '../../../../src/adapters/log/embedded/store.js'
import { rejection, topic } from '../../../conformance/support.js'
import { folder, removeFolders } from './folder.js'

describe('opening', () => {
  removeFolders()

  async function filled(): Promise<{ dir: string; data: string }> {
    const dir = await folder()
    const log = await openEmbeddedLog({ dir })
    await log.ensure([topic('a')])
    await log.publish(Array.from({ length: 3000 }, () => ({ topic: 'a', key: null, value: Buffer.alloc(1000) })))
    await log.close()
    return { dir, data: join(dir, 'data.mdb') }
  }

  it('makes the folder, and finds what was written', async () => {
    const dir = join(await folder(), 'not', 'yet.here')
    const log = await openEmbeddedLog({ dir })
    await log.ensure([topic('a', 2)])
    await log.close()
    const again = await openEmbeddedLog({ dir })
    expect(await again.topics()).toEqual([topic('a', 2)])
    await again.close()
    await again.close()
  })

  it('shares a folder within a process', async () => {
    const dir = await folder()
    const [one, other] = [await openEmbeddedLog({ dir }), await openEmbeddedLog({ dir })]
    await one.ensure([topic('a')])
    await other.publish([{ topic: 'a', key: null, value: Buffer.from('1') }])
    expect((await one.state('a'))[0]?.end).toBe(1n)
    await other.close()
    await one.publish([{ topic: 'a', key: null, value: Buffer.from('2') }])
    expect((await one.state('a'))[0]?.end).toBe(2n)
    await one.close()
  })

  it('names a folder that cannot be one', async () => {
    const path = join(await folder(), 'file')
    await writeFile(path, 'x')
    for (const dir of [path, join(path, 'below')]) {
      await rejection(openEmbeddedLog({ dir }), 'STEERFLOW_INPUT_NOT_FOUND')
    }
  })

  it.each([
    ['text', Buffer.from('not a database\n')],
    ['zeros', Buffer.alloc(100_000)],
    ['noise', Buffer.alloc(100_000, 'noise')],
  ])('refuses a data file of %s', async (_, content) => {
    const dir = await folder()
    await writeFile(join(dir, 'data.mdb'), content)
    await rejection(openEmbeddedLog({ dir }), 'STEERFLOW_LOG_CORRUPT')
    expect(content.equals(await readFile(join(dir, 'data.mdb')))).toBe(true)
  })

  it('refuses a data file that was cut short', async () => {
    const { dir, data } = await filled()
    await truncate(data, Math.floor((await stat(data)).size / 2))
    const error = await rejection(openEmbeddedLog({ dir }), 'STEERFLOW_LOG_CORRUPT')
    expect(error.message).toContain('truncated')
  })

  it('takes an empty data file for a log to be', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'data.mdb'), '')
    await (await openEmbeddedLog({ dir })).close()
  })

  it.each([0, 4096])('refuses a data file whose header at %i is gone', async at => {
    const { dir, data } = await filled()
    const bytes = await readFile(data)
    await writeFile(data, bytes.fill(0, at, at + 4096))
    await rejection(openEmbeddedLog({ dir }), 'STEERFLOW_LOG_CORRUPT')
  })

  it('refuses the layout of a later version', async () => {
    const dir = await folder()
    await (await openEmbeddedLog({ dir })).close()
    const store = await Store.open(dir)
    const state = store.table('state')
    const later = Buffer.alloc(8)
    later.writeBigUInt64BE(99n)
    store.transaction(() => state.put(Buffer.from('clayout\0'), later))
    await store.close()
    const error = await rejection(openEmbeddedLog({ dir }), 'STEERFLOW_LOG_CORRUPT')
    expect(error.message).toContain('layout 99')
  })

  it('refuses names that cannot be stored', async () => {
    const log = await openEmbeddedLog({ dir: await folder() })
    for (const name of ['', 'a\0b', 'x'.repeat(901)]) {
      await rejection(log.ensure([topic(name)]), 'STEERFLOW_USAGE')
      await rejection(log.claim(name, 'a', 0), 'STEERFLOW_USAGE')
    }
    await rejection(log.ensure([topic('a', 3000)]), 'STEERFLOW_CONFIG_INVALID')
    await log.close()
  })
})
