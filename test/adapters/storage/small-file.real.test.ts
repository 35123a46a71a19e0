import { execFileSync, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSmall, readSmallJson, readSmallSync } from '../../../src/adapters/storage/small-file.js'
import { temporaryFolder } from '../../support/temporary.js'

test('a file is read whole up to its bound, and what is none is not waited for', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'facts')
  await writeFile(file, 'é'.repeat(5000))
  expect(await readSmall(file, 10_000)).toBe('é'.repeat(5000))
  await expect(readSmall(file, 9_999)).rejects.toThrow(/has 10000 bytes; at most 9999/)
  await writeFile(file, '')
  expect(await readSmall(file)).toBe('')
  // A file without a size, as the kernel makes them.
  if (process.platform === 'linux') expect(await readSmall('/proc/self/cmdline')).toContain('node')
  execFileSync('mkfifo', [join(folder, 'pipe')])
  for (const path of [join(folder, 'pipe'), '/dev/zero'])
    await expect(readSmall(path)).rejects.toThrow(/is not a regular file/)
  await expect(readSmall(folder)).rejects.toThrow(/is not a regular file/)
})

test('what a path leads to is read up to its bound, of a pipe too', async () => {
  const folder = await temporaryFolder()
  const [file, pipe] = [join(folder, 'facts'), join(folder, 'pipe')]
  await writeFile(file, 'é'.repeat(5000))
  expect(readSmallSync(file, 10_000)).toBe('é'.repeat(5000))
  for (const path of [file, '/dev/zero']) expect(() => readSmallSync(path, 9_999)).toThrow('grows beyond 9999 bytes')
  execFileSync('mkfifo', [pipe])
  spawn('sh', ['-c', 'printf ab > "$1"', 'sh', pipe], { stdio: 'ignore' })
  expect(readSmallSync(pipe, 2)).toBe('ab')
})

test('a file that is JSON is nested no deeper than 512 levels', async () => {
  const file = join(await temporaryFolder(), 'facts.json')
  const nested = (levels: number) => writeFile(file, '['.repeat(levels) + ']'.repeat(levels))
  await nested(512)
  expect(await readSmallJson(file)).toHaveLength(1)
  await nested(100_000)
  await expect(readSmallJson(file)).rejects.toThrow(`${file} is nested deeper than 512 levels`)
})
