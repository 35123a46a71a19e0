import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderSize } from '../../../src/adapters/storage/folder-size.js'
import { diskUse } from '../../../src/cli/doctor/machine.js'
import { temporaryFolder } from '../../support/temporary.js'

it('says what uses the disk, the largest first, and follows no link out of the data folder', async () => {
  const root = await temporaryFolder()
  expect((await diskUse(join(root, 'none'))).detail).toContain('nothing in')
  await mkdir(join(root, 'datasets/steerlm/x'), { recursive: true })
  await mkdir(join(root, 'jobs/j'), { recursive: true })
  await writeFile(join(root, 'datasets/steerlm/x/train.jsonl'), 'x'.repeat(3000))
  await writeFile(join(root, 'jobs/j/log'), 'x'.repeat(1000))
  await writeFile(join(root, 'run.log'), 'x'.repeat(10))
  await symlink('/usr', join(root, 'jobs/j/usr'))
  const { state, detail } = await diskUse(root)
  expect(state).toBe('ok')
  expect(detail).toMatch(/^3\.9 KiB in .*: datasets\/ 2\.9 KiB, jobs\/ [\d.]+ (B|KiB), run\.log 10 B$/)
  for (let index = 0; index < 12; index++) await mkdir(join(root, `more-${index}`))
  expect((await diskUse(root)).detail).toMatch(/, 7 others 0 B$/)
})

it('looks at so many files and no more, and says so', async () => {
  const root = await temporaryFolder()
  for (let index = 0; index < 20; index++) await writeFile(join(root, `f${index}`), 'x')
  expect(await folderSize(root, 10)).toMatchObject({ files: 10, whole: false })
  expect(await folderSize(root)).toEqual({ bytes: 20, files: 20, whole: true })
  expect(await folderSize(join(root, 'none'))).toEqual({ bytes: 0, files: 0, whole: true })
})
