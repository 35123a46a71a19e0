import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { runCommand } from '../../scripts/parts/commands.js'
import { temporary } from '../support/pipelines.js'
import { pack } from './installation.js'

const folder = temporary.forSuite()
let archive = ''
beforeAll(async () => {
  archive = await pack(folder)
})

it('the packed package is what its package.json says, and compilers of others find its types', async () => {
  expect(await runCommand('node_modules/.bin/publint', ['run', archive, '--strict'])).toContain('All good!')
  await runCommand('node_modules/.bin/attw', [archive, '--profile', 'esm-only'])
})

it('no link of its documents leads out of it', async () => {
  const listed = (await runCommand('tar', ['-tzf', archive]))
    .trim()
    .split('\n')
    .map(name => name.replace(/^package\//, ''))
  const files = new Set(listed)
  const isThere = (path: string): boolean =>
    files.has(path) || listed.some(file => file.startsWith(`${path.replace(/\/$/, '')}/`))
  const links = (page: string): readonly string[] =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s:]+)(?:#[^)]*)?\)/g)].map(([, path]) =>
      normalize(join(dirname(page), path!)),
    )
  expect(links('README.md').length).toBeGreaterThan(20)
  expect(links('README.md').filter(path => !isThere(path))).toEqual([])
  // Other pages lead to tests and sources as well, which are in the repository.
  const pages = listed.filter(path => path.endsWith('.md'))
  expect(pages.length).toBeGreaterThan(25)
  expect(
    pages.flatMap(page =>
      links(page)
        .filter(path => !existsSync(path))
        .map(path => `${page}: ${path}`),
    ),
  ).toEqual([])
})
