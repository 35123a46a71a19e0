import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { readReports, reportFile } from '../../../src/adapters/workers/report-file.js'
import { temporaryFolder } from '../../support/temporary.js'

const Count = z.object({ worker: z.string(), at: z.string(), count: z.number() })
type Count = z.output<typeof Count>

it('others read what a process at work has written last, and nothing once it has ended', async () => {
  const folder = join(await temporaryFolder(), 'workers')
  let now = Date.parse('2026-01-01T00:00:00Z')
  const file = reportFile<Count>(folder, '.count.json', () => now)
  const seen = () => readReports(folder, '.count.json', Count, () => now).map(({ count }) => count)
  expect(seen()).toEqual([])
  file.write({ count: 1 })
  file.write({ count: 2 })
  expect(seen()).toEqual([2])
  now += 10_000
  expect(seen()).toEqual([])
  file.write({ count: 3 })
  file.remove()
  expect(readdirSync(folder)).toEqual([])
})

it('what is torn or of another shape is passed over', async () => {
  const folder = await temporaryFolder()
  writeFileSync(join(folder, 'a.count.json'), '{"worker": "a", "at": "')
  writeFileSync(join(folder, 'b.count.json'), '{"worker": "b"}')
  reportFile<Count>(folder, '.count.json').write({ count: 1 })
  expect(readReports(folder, '.count.json', Count)).toMatchObject([{ count: 1 }])
})

it('files of processes that were killed long ago are removed', async () => {
  const folder = await temporaryFolder()
  mkdirSync(folder, { recursive: true })
  for (const [name, ageSeconds] of [
    ['old.count.json', 7_200],
    ['young.count.json', 60],
    ['other.txt', 7_200],
  ] as const) {
    writeFileSync(join(folder, name), '{}')
    const at = Date.now() / 1000 - ageSeconds
    utimesSync(join(folder, name), at, at)
  }
  reportFile<Count>(folder, '.count.json')
  expect(readdirSync(folder).sort()).toEqual(['other.txt', 'young.count.json'])
})

it('a folder that cannot be written stops nothing', async () => {
  const file = join(await temporaryFolder(), 'file')
  writeFileSync(file, '')
  const report = reportFile<Count>(join(file, 'workers'), '.count.json')
  report.write({ count: 1 })
  report.remove()
  expect(readReports(join(file, 'workers'), '.count.json', Count)).toEqual([])
})
