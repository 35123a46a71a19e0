import { expect, it, vi } from 'vitest'
import { openRegistry } from '../../../src/adapters/registry/confluent.js'
import { openRegistryWire } from '../../../src/adapters/registry/registry-wire.js'
import { scored } from '../../../src/topics.js'
import { describeWith } from '../../support/parts/describe-with.js'
import { startRegistry } from '../../support/registry/registry.js'
import { nextIndex, thisIndex } from './next-version.js'

// One of this test's own: the one that a person names is not ours to kill.
vi.stubEnv('SCHEMA_REGISTRY_URL', '')
const describeRegistry = await describeWith('registry')

describeRegistry('a registry that is killed', () => {
  it('is not missed for known ids; of an unknown one nothing is said until it answers', async () => {
    const server = await startRegistry()
    const registry = await openRegistry({ url: server.url, username: '', password: '' })
    try {
      const options = { registry, namespace: 'killed', pinned: 'latest', autoRegister: true } as const
      const wire = await openRegistryWire({ ...options, index: thisIndex })
      const next = await openRegistryWire({ ...options, index: nextIndex })
      const json = Buffer.from('{"a":1}')
      const known = wire.frame(scored.name, json)
      const cold = next.frame(scored.name, json)
      await server.stop()
      expect(wire.unframe(scored.name, known)).toEqual(json)
      const looked = Promise.resolve(wire.unframe(scored.name, cold))
      await expect(looked).rejects.toMatchObject({ code: 'STEERFLOW_REGISTRY_DOWN', kind: 'transient' })
    } finally {
      await registry.close()
      await server.stop()
    }
  })
})
