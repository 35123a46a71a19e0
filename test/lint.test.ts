import { spawnSync } from 'node:child_process'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { temporaryFolder } from './support/temporary.js'

const Found = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) })

/** What the linter finds in these files, as it is configured here: `file rule`. */
async function found(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = await temporaryFolder()
  await cp('.oxlintrc.json', join(folder, '.oxlintrc.json'))
  await cp('scripts/lint', join(folder, 'scripts/lint'), { recursive: true })
  await symlink(resolve('node_modules'), join(folder, 'node_modules'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const bin = resolve('node_modules/oxlint/bin/oxlint')
  const { stdout } = spawnSync(process.execPath, [bin, '-f', 'json'], { cwd: folder, encoding: 'utf8' })
  return Found.parse(JSON.parse(stdout))
    .diagnostics.map(({ filename, code }) => `${filename} ${code}`)
    .sort()
}

const race = 'export const first = Promise.race([])\n'
const time = 'export const time = Date.now()\nexport const day = new Date()\n'
const path = "import { join } from 'node:path'\nexport const at = (root: string, name: string) => join(root, name)\n"

it('the linter finds what the rules of this house forbid, where they hold', async () => {
  expect(
    await found({
      'src/domain/a.ts': `${time}export const b = process.pid + Math.random()\n`,
      'src/runtime/a.ts': race + time,
      'src/runtime/clock.ts': time,
      'src/adapters/a.ts': race + path,
      'src/adapters/storage/below.ts': path,
      'src/cli/a.ts': `${path}export const [a, b] = ['seal-scored', 'conversations.raw']\n`,
      'src/cli/b.ts': `export const is = (row: { node: string }) => row.node === 'annotate' || 'annotate'\n`,
      'src/pipeline.ts': `export const a = 'seal-scored'\n`,
      'test/a.ts': race + time + path,
    }),
  ).toEqual([
    'src/adapters/a.ts steerflow(no-leaking-race)',
    'src/adapters/a.ts steerflow(no-path-from-data)',
    'src/cli/a.ts steerflow(no-flow-name)',
    'src/cli/a.ts steerflow(no-flow-name)',
    'src/cli/a.ts steerflow(no-path-from-data)',
    'src/cli/b.ts steerflow(no-flow-name)',
    'src/domain/a.ts eslint(no-restricted-globals)',
    'src/domain/a.ts eslint(no-restricted-properties)',
    'src/domain/a.ts eslint(no-restricted-properties)',
    'src/domain/a.ts steerflow(no-clock)',
    'src/runtime/a.ts eslint(no-restricted-properties)',
    'src/runtime/a.ts steerflow(no-leaking-race)',
  ])
})
