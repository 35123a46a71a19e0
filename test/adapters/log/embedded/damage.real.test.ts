import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../../../src/adapters/log/embedded/log.js'
import { type Log, offset } from '../../../../src/runtime/log.js'
import { readAll } from '../../../../src/runtime/read-all.js'
import { runCli } from '../../../support/cli.js'
import { rejection, topic } from '../../../conformance/support.js'
import { folder, removeFolders } from './folder.js'

/** The text that stands in one record only, in the middle of the file. */
const marker = 'the record of which a bit is changed'

async function contents(log: Log, name: string): Promise<string[]> {
  const found: string[] = []
  for await (const { value } of readAll(log, name)) found.push(value.toString())
  return found
}

describe('a log of which a bit has changed', () => {
  removeFolders()

  async function damaged(flip: (file: Buffer) => void): Promise<string> {
    const dir = await folder()
    const log = await openEmbeddedLog({ dir: join(dir, 'log') })
    await log.ensure([topic('a')])
    const values = Array.from({ length: 3000 }, (_, at) => (at === 1500 ? marker : `value ${at}`).padEnd(400, '.'))
    await log.publish(values.map(value => ({ topic: 'a', key: null, value: Buffer.from(value) })))
    const claim = await log.claim('reader', 'a', 0)
    await claim.commit(claim.committed, offset(1000), [])
    await log.close()
    const path = join(dir, 'log', 'data.mdb')
    const file = await readFile(path)
    flip(file)
    await writeFile(path, file)
    return dir
  }

  const inRecord = (file: Buffer): void => {
    const at = file.indexOf(marker)
    expect(at).toBeGreaterThan(0)
    file[at + 4]! ^= 0x20
  }

  it('gives the records before it, then names the record, and the ones behind it when it is passed', async () => {
    const log = await openEmbeddedLog({ dir: join(await damaged(inRecord), 'log') })
    const claim = await log.claim('reader', 'a', 0)
    const read = () => claim.read({ records: 99, bytes: 1 << 20 }, 0)
    let at = claim.committed
    for (let batch = await read(); batch.next > at; batch = await read()) at = batch.next
    // Nothing is said before all that is whole is committed: what is told to be passed by is this record alone.
    expect(at).toBe(1500n)
    expect(await read()).toEqual({ records: [], next: 1500n })
    await claim.commit(claim.committed, offset(1400), [])
    expect(await read()).toEqual({ records: [], next: 1500n })
    await claim.commit(offset(1400), at, [])
    const error = await rejection(read(), 'STEERFLOW_LOG_DAMAGED')
    expect(error.message).toMatch(/^record a\/0@1500 is not what was written: its checksum is \w{8}, not \w{8};/)
    expect(error.message).toContain('steerflow offsets reset --node NODE --partition 0 --to-offset 1501')
    await claim.commit(at, offset(1501), [])
    const next = await (await log.claim('reader', 'a', 0)).read({ records: 1, bytes: 1 }, 0)
    expect(next.records.map(({ value }) => value.toString().slice(0, 10))).toEqual(['value 1501'])
    await log.close()
  })

  it('is found by doctor --deep, and by no quick look', async () => {
    const dir = await damaged(inRecord)
    const look = async (...more: readonly string[]) => {
      const { code, stdout } = await runCli(['doctor', '--json', ...more, '--data-dir', dir])
      const checks = JSON.parse(stdout) as { check: string; state: string; detail: string }[]
      return { code, found: checks.find(({ check }) => check === 'log records') }
    }
    expect((await look()).found).toBeUndefined()
    const { code, found } = await look('--deep')
    expect(code).toBe(1)
    expect(found).toMatchObject({ state: 'fail' })
    expect(found!.detail).toMatch(/^1 damaged and 0 missing of 3,000 records: record a\/0@1500 is not what was written/)
  })

  it('in the table of state is found when it is read', async () => {
    const dir = await damaged(file => {
      // The key of the reader's row: what it has read follows, the lowest byte of 1,000 last before a mark and the sum.
      const key = Buffer.from(`ga\0reader\0\0\0\0\0`)
      for (let at = file.indexOf(key); at >= 0; at = file.indexOf(key, at + 1)) file[at + key.byteLength + 15]! ^= 1
    })
    const log = await openEmbeddedLog({ dir: join(dir, 'log') })
    const error = await rejection(log.claim('reader', 'a', 0), 'STEERFLOW_LOG_DAMAGED')
    expect(error.message).toContain('the offset of a group (a reader 0)')
    expect(await log.verify!(() => undefined)).toMatchObject({ records: 3000, damaged: 1, missing: 0 })
    await log.close()
  })
})

describe('a log of an earlier version, without checksums', () => {
  removeFolders()
  const fixture = new URL('fixtures/layout-1.data.mdb.gz', import.meta.url)

  async function old(): Promise<string> {
    const dir = await folder()
    await writeFile(join(dir, 'data.mdb'), gunzipSync(await readFile(fixture)))
    return dir
  }

  it('goes on: what it holds is read, what is written has checksums', async () => {
    const dir = await old()
    const log = await openEmbeddedLog({ dir })
    expect(await log.topics()).toEqual([
      { name: 'in', partitions: 2, retention: { keep: 'forever' } },
      { name: 'out', partitions: 1, retention: { keep: 'latest' } },
    ])
    expect((await contents(log, 'in')).sort()).toEqual(Array.from({ length: 20 }, (_, at) => `value ${at}`).sort())
    const first = await log.read('in', 1, offset(0), { records: 1, bytes: 1 })
    expect(first.records[0]).toMatchObject({
      key: Buffer.from('k1'),
      headers: { node: 'n', i: '1' },
      timestamp: 1.7e12,
    })
    const claim = await log.claim('g', 'in', 0)
    expect(claim.committed).toBe(4n)
    await claim.commit(offset(4), offset(5), [{ topic: 'in', partition: 0, key: null, value: Buffer.from('new') }])
    expect(await log.verify!(() => undefined)).toEqual({ records: 22, unchecked: 21, damaged: 0, missing: 0, told: [] })
    await log.close()
    const again = await openEmbeddedLog({ dir })
    expect((await again.committed('g', 'in')).get(0)).toBe(5n)
    expect((await contents(again, 'in')).at(10)).toBe('new')
    await again.close()
  })
})
