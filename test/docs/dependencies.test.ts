import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { tablesOf } from './markdown.js'

const Dependencies = z.record(z.string(), z.string())
const packages = z
  .object({ dependencies: Dependencies, devDependencies: Dependencies })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')))
const [runtime, development] = tablesOf(readFileSync('docs/dependencies.md', 'utf8'))

it.each([
  ['dependencies', packages.dependencies, runtime],
  ['devDependencies', packages.devDependencies, development],
])('docs/dependencies.md lists the %s of package.json, each with a reason', (_, listed, rows) => {
  expect(rows!.map(([name]) => name)).toEqual(Object.keys(listed).sort())
  expect(rows!.filter(([, , why]) => !why)).toEqual([])
})

it.each([...runtime!, ...development!])('%s has the licence %s', (name, licence) => {
  const installed = readFileSync(`node_modules/${name}/package.json`, 'utf8')
  expect(JSON.parse(installed)).toMatchObject({ license: licence })
})
