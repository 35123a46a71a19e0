import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { tablesOf } from './markdown.js'

const Dependencies = z.record(z.string(), z.string())
const packages = z
  .object({
    dependencies: Dependencies,
    peerDependencies: Dependencies,
    optionalDependencies: Dependencies,
    devDependencies: Dependencies,
    overrides: Dependencies,
  })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')))
const [runtime, peers, optional, development, overrides] = tablesOf(readFileSync('docs/dependencies.md', 'utf8'))

it.each([
  ['dependencies', packages.dependencies, runtime],
  ['peerDependencies', packages.peerDependencies, peers],
  ['optionalDependencies', packages.optionalDependencies, optional],
  ['devDependencies', packages.devDependencies, development],
])('docs/dependencies.md lists the %s of package.json, each with a reason', (_, listed, rows) => {
  expect(rows!.map(([name]) => name)).toEqual(Object.keys(listed).sort())
  expect(rows!.filter(([, , why]) => !why)).toEqual([])
})

it('docs/dependencies.md lists the overrides of package.json', () => {
  expect(Object.fromEntries(overrides!.map(([name, version]) => [name, version]))).toEqual(packages.overrides)
})

it.each([...runtime!, ...peers!, ...optional!, ...development!])('%s has the licence %s', (name, licence) => {
  const installed = readFileSync(`node_modules/${name}/package.json`, 'utf8')
  expect(JSON.parse(installed)).toMatchObject({ license: licence })
})
