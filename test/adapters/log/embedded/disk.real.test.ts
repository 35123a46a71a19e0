import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../../../src/adapters/log/embedded/log.js'
import { offset } from '../../../../src/runtime/log.js'
import { everything, rejection, topic } from '../../../conformance/support.js'
import { folder, removeFolders } from './folder.js'

const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'pipe' })
const unmount = (dir: string): void => void execFileSync('umount', [dir], { stdio: 'pipe' })

/** Whether this machine lets us mount a small disk: Linux, as root. */
const mayMount = process.platform === 'linux' && process.getuid?.() === 0

describe.skipIf(!mayMount)('a real disk', () => {
  removeFolders()
  const mounted: string[] = []
  afterEach(() => mounted.splice(0).forEach(unmount))

  async function disk(): Promise<string> {
    const dir = await folder()
    mount('-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', dir)
    mounted.push(dir)
    return dir
  }

  it('that is full fails what is written, keeps what was acknowledged, and works again with room', async () => {
    const dir = await disk()
    const filler = join(dir, 'filler')
    await writeFile(filler, Buffer.alloc(3 << 20))
    const log = await openEmbeddedLog({ dir })
    await log.ensure([topic('in'), topic('out')])
    const claim = await log.claim('g', 'in', 0)
    const records = (name: string, from: number) =>
      Array.from({ length: 10 }, (_, i) => ({ topic: name, key: null, value: Buffer.alloc(1000, `${from + i} `) }))
    let published = 0
    const fill = async (): Promise<void> => {
      for (;;) {
        await log.publish(records('in', published))
        published += 10
      }
    }
    await rejection(fill(), 'STEERFLOW_LOG_FULL')
    const large = [{ topic: 'out', key: null, value: Buffer.alloc(1 << 20) }]
    await rejection(claim.commit(offset(0), offset(10), large), 'STEERFLOW_LOG_FULL')

    const texts = async () => (await everything(log, 'in')).map(({ value }) => parseInt(value.toString(), 10))
    const acknowledged = Array.from({ length: published }, (_, i) => i)
    expect(published).toBeGreaterThan(1000)
    expect(await texts()).toEqual(acknowledged)
    expect(await everything(log, 'out')).toEqual([])

    await rm(filler)
    await log.publish(records('in', published))
    await claim.commit(offset(0), offset(10), large)
    expect(await everything(log, 'out')).toHaveLength(1)
    await log.close()
    const again = await openEmbeddedLog({ dir })
    expect(await everything(again, 'in')).toHaveLength(published + 10)
    await again.close()
  })

  it('without any room fails to open a log, by name', async () => {
    const dir = await disk()
    await writeFile(join(dir, 'filler'), Buffer.alloc(6 << 20)).catch(() => undefined)
    await rejection(openEmbeddedLog({ dir }), 'STEERFLOW_LOG_FULL')
  })

  it('that may only be read is named', async () => {
    const dir = await disk()
    mount('-o', 'remount,ro', dir)
    await rejection(openEmbeddedLog({ dir }), 'STEERFLOW_INPUT_NOT_FOUND')
  })
})
