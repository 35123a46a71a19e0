import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary.js'

const inFolder = (folder: string, script: string): string =>
  execFileSync(process.execPath, ['--import', resolve('node_modules/tsx/dist/esm/index.mjs'), '-e', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  }).trim()

it('records the latest figures of each part with time, commit and machine, and draws the table of them', async () => {
  const folder = await temporaryFolder()
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim()
  execFileSync('mkdir', [join(folder, 'bench'), join(folder, 'docs')])
  writeFileSync(
    join(folder, 'docs/benchmarks.md'),
    'by hand\n<!-- figures: written -->\nold\n<!-- /figures -->\nby hand\n',
  )
  writeFileSync(join(folder, 'source.ts'), 'let x\n')
  git('init', '-q')
  git('add', '.')
  git('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-q', '-m', 'one')
  const record = resolve('bench/record.ts')
  const page = resolve('scripts/benchmarks-page.ts')
  const figure = {
    name: 'x',
    value: 0.98765,
    unit: 'ratio',
    goal: 0.9,
    met: true,
    spread: [0.9, 1],
    rounds: 3,
    reference: 'y',
  }
  const [first, second] = [figure, { ...figure, value: 0.5, met: false }].map(one => JSON.stringify([one]))
  const table = inFolder(
    folder,
    `const { commitOf, record, whyNotRecorded } = await import('${record}')
     const { benchmarksPage } = await import('${page}')
     if (whyNotRecorded() !== null) throw new Error(whyNotRecorded())
     record('log', 'a', ${first}, commitOf())
     record('log', 'b', ${first}, commitOf())
     record('log', 'a', ${second}, commitOf())
     // What a recording itself writes is no change.
     if (whyNotRecorded() !== null) throw new Error(whyNotRecorded())
     console.log(benchmarksPage())`,
  )
  const commit = git('rev-parse', 'HEAD').slice(0, 7)
  const rows = table.split('\n').filter(line => line.startsWith('| `log'))
  expect(rows).toEqual([
    expect.stringMatching(
      new RegExp(
        `^\\| \`log --only a\` \\| \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d, \`${commit}\`, .* \\| x \\| 0.5 \\| 0.9–1 \\| 0.9 \\| \\*\\*not met\\*\\* \\|$`,
      ),
    ),
    expect.stringMatching(/^\| `log --only b` \| .* \| 0.9877 \| 0.9–1 \| 0.9 \| met \|$/),
  ])
  expect(table).toMatch(/^by hand\n<!-- figures: written -->\n\n\| command/)
  expect(table).toMatch(/<!-- \/figures -->\nby hand$/)
  expect(table).not.toContain('old')

  writeFileSync(join(folder, 'source.ts'), 'let y\n')
  const why = inFolder(folder, `console.log((await import('${record}')).whyNotRecorded())`)
  expect(why).toBe('--record wants what is committed; changed since: source.ts')
})
