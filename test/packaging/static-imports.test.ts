import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { temporaryFolder } from '../support/temporary.js'
import { packagesLoadedBy } from './static-imports.js'

const Names = z.record(z.string(), z.string()).default({})
const Manifest = z.object({ dependencies: Names, peerDependencies: Names, optionalDependencies: Names })
const manifestIn = (folder: string) =>
  Manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as unknown)
const ours = manifestIn('.')
/** Packages that an installation may lack, and those whose binaries it may lack: such a one fails when it is imported. */
const optional = [
  ...Object.keys(ours.optionalDependencies),
  ...Object.keys(ours.dependencies).filter(
    name => Object.keys(manifestIn(join('node_modules', name)).optionalDependencies).length > 0,
  ),
]

/** The program, the library, and every file that starts as a thread. */
const threads = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .flatMap(name =>
    [...readFileSync(join('src', name), 'utf8').matchAll(/compiledUrl\(import\.meta\.url, '(.+?)'\)/g)].map(match =>
      join('dist', name, '..', match[1]!),
    ),
  )
/** Each command is loaded when it is called. */
const commands = readdirSync('dist/cli/commands')
  .filter(name => name.endsWith('.js'))
  .map(name => join('dist/cli/commands', name))
const entries = ['dist/cli/main.js', 'dist/cli/own-program.js', 'dist/index.js', ...commands, ...threads]

it('knows which packages an installation may lack, and where threads start', () => {
  expect(optional).toEqual(expect.arrayContaining(['@aws-sdk/client-s3', 'lmdb', 'snappy', 'lz4-napi']))
  expect(threads.length).toBeGreaterThan(4)
})

it('loads no package that an installation may lack before it is needed', () => {
  const loaded = packagesLoadedBy(entries)
  expect([...loaded.keys()]).toEqual(expect.arrayContaining(['commander', 'zod', 'undici']))
  expect(optional.filter(name => loaded.has(name)).map(name => `${name}: ${loaded.get(name)!.join(' → ')}`)).toEqual([])
})

it('loads no package that package.json does not name', () => {
  const named = new Set([...Object.keys(ours.dependencies), ...Object.keys(ours.peerDependencies)])
  expect([...packagesLoadedBy(entries).keys()].filter(name => !named.has(name))).toEqual([])
})

it('sees an import that only had types, which the compiler leaves in the output, behind an import of a file', async () => {
  const folder = await temporaryFolder()
  mkdirSync(join(folder, 'deep'))
  writeFileSync(join(folder, 'main.js'), "export const open = () => import('./deep/far.js')\nimport('quietly')\n")
  writeFileSync(join(folder, 'deep/far.js'), "import {} from '@scope/heavy/part'\nexport * from '../near.js'\n")
  writeFileSync(join(folder, 'near.js'), "import 'node:fs'\n")
  expect([...packagesLoadedBy([join(folder, 'main.js')])]).toEqual([
    ['@scope/heavy', ['main.js', 'deep/far.js'].map(name => join(folder, name))],
  ])
})
