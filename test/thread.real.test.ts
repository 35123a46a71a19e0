import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

/** Files of src that a record may run through: a reader who follows one opens them all. */
const most = 45

it('a record runs through few files', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/thread.ts'])
  const files = stdout.split('\n').filter(line => line.startsWith('src/'))
  expect(files).toEqual(expect.arrayContaining(['src/stages/annotate.ts', 'src/runtime/partition-each.ts']))
  expect(files).not.toContain('src/cli/render/live-row.ts')
  expect(files.length, stdout).toBeLessThanOrEqual(most)
})
