import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const declared = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .flatMap(path =>
    [
      ...readFileSync(join('src', path), 'utf8').matchAll(
        /^export (?:abstract )?(?:class|interface|type|const|enum) ([A-Z]\w*)/gm,
      ),
    ].map(([, name]) => ({ path, name: name! })),
  )

it('one name is one type: no two files declare the same', () => {
  const places = new Map<string, Set<string>>()
  for (const { path, name } of declared) places.set(name, (places.get(name) ?? new Set()).add(path))
  const twice = [...places].flatMap(([name, at]) => (at.size > 1 ? [`${name}: ${[...at].join(', ')}`] : []))
  expect(declared.length).toBeGreaterThan(500)
  expect(twice).toEqual([])
})

it('no type hides one of the language or the platform', () => {
  const platform = new Set(Object.getOwnPropertyNames(globalThis))
  const utilities = [
    'Partial',
    'Required',
    'Readonly',
    'Record',
    'Pick',
    'Omit',
    'Exclude',
    'Extract',
    'Awaited',
    'Parameters',
  ]
  expect(declared.filter(({ name }) => platform.has(name) || utilities.includes(name))).toEqual([])
})

it('the glossary has the words that types are called by', () => {
  const rows = [...readFileSync('docs/glossary.md', 'utf8').matchAll(/^\| ([^|]+?) +\| /gm)]
  const words = rows.flatMap(([, word]) => word!.split(', ').map(one => one.toLowerCase()))
  const central = [
    'Topic',
    'Offset',
    'Snapshot',
    'Lineage',
    'Split',
    'Round',
    'Job',
    'Shard',
    'Manifest',
    'Turn',
    'Stage',
    'Node',
    'Flow',
    'Claim',
  ]
  expect(central.map(word => word.toLowerCase()).filter(word => !words.includes(word))).toEqual([])
})
