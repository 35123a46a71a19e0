import { expect, it } from 'vitest'
import { Lookups } from '../../../src/adapters/registry/lookups.js'
import { subjectOf } from '../../../src/adapters/registry/schema-index.js'
import { scored } from '../../../src/topics.js'
import { MemoryRegistry } from './memory-registry.js'
import { thisIndex } from './next-version.js'

it('asks again for an unknown id after a minute, when it may have been registered', async () => {
  const registry = new MemoryRegistry()
  let now = 0
  const lookups = new Lookups(registry, thisIndex, 'test', () => now)
  await expect(lookups.mayRead(scored.name, 1)).rejects.toMatchObject({ code: 'STEERFLOW_SCHEMA_UNKNOWN' })
  const text = thisIndex.text(thisIndex.versions(scored.name)[0]!)
  expect(registry.add(subjectOf(scored.name, 'test'), text)).toBe(1)
  now = 59_999
  await expect(lookups.mayRead(scored.name, 1)).rejects.toMatchObject({ code: 'STEERFLOW_SCHEMA_UNKNOWN' })
  now = 60_000
  await expect(lookups.mayRead(scored.name, 1)).resolves.toBeUndefined()
})

it('asks a registry that was down again after half a second', async () => {
  const registry = new MemoryRegistry()
  let now = 0
  const lookups = new Lookups(registry, thisIndex, 'test', () => now)
  registry.down()
  await expect(lookups.mayRead(scored.name, 1)).rejects.toMatchObject({ code: 'STEERFLOW_REGISTRY_DOWN' })
  registry.failure = null
  now = 499
  await expect(lookups.mayRead(scored.name, 1)).rejects.toMatchObject({ code: 'STEERFLOW_REGISTRY_DOWN' })
  now = 500
  await expect(lookups.mayRead(scored.name, 1)).rejects.toMatchObject({ code: 'STEERFLOW_SCHEMA_UNKNOWN' })
})

it('remembers a bounded number of ids that do not exist', async () => {
  const registry = new MemoryRegistry()
  const lookups = new Lookups(registry, thisIndex, 'test', () => 0)
  const refused = (id: number) =>
    expect(lookups.mayRead(scored.name, id)).rejects.toMatchObject({ code: 'STEERFLOW_SCHEMA_UNKNOWN' })
  for (let id = 1; id <= 1001; id++) await refused(id)
  registry.asked = 0
  await refused(1001)
  await refused(1)
  expect(registry.asked).toBe(1)
})
