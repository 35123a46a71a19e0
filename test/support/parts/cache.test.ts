import { createHash } from 'node:crypto'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { install, installedFolder } from '../../../scripts/parts/cache.js'
import { type Pins, verify } from '../../../scripts/parts/pins.js'
import { temporaryFolder } from '../temporary.js'

const pins: Pins = new Map([['a.jar', createHash('sha256').update('contents').digest('hex')]])
const download =
  (contents = 'contents') =>
  async (folder: string) => {
    await writeFile(join(folder, 'a.jar'), contents)
    await verify(folder, pins)
  }

let cache: string
beforeEach(async () => {
  cache = await temporaryFolder()
  vi.stubEnv('STEERFLOW_CACHE', cache)
})
afterEach(() => void vi.unstubAllEnvs())

it('installs a part once, also when two do it at once', async () => {
  expect(installedFolder('part', pins)).toBeNull()
  await Promise.all([install('part', pins, download()), install('part', pins, download())])
  expect(installedFolder('part', pins)).toBe(join(cache, 'part'))
  expect(readdirSync(cache)).toEqual(['part'])
})

it.each([
  ['other contents', download('changed'), /pinned is/],
  ['another file', (folder: string) => writeFile(join(folder, 'b'), '').then(() => verify(folder, pins)), /\+b -a.jar/],
])('refuses %s and leaves nothing behind', async (_, fill, message) => {
  await expect(install('part', pins, fill)).rejects.toThrow(message)
  expect(readdirSync(cache)).toEqual([])
})

it.each([
  ['was cut', (file: string) => writeFileSync(file, 'con')],
  ['was lost', (file: string) => rmSync(file)],
])('installs again when a file %s', async (_, damage) => {
  await install('part', pins, download())
  damage(join(cache, 'part', 'a.jar'))
  expect(installedFolder('part', pins)).toBeNull()
  await Promise.all([install('part', pins, download()), install('part', pins, download())])
  expect(installedFolder('part', pins)).not.toBeNull()
  expect(readdirSync(cache)).toEqual(['part'])
})

it('installs again when the pins have changed', async () => {
  await install('part', pins, download())
  expect(installedFolder('part', new Map([['a.jar', '0'.repeat(64)]]))).toBeNull()
})
