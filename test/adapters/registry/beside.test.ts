import { expect, it } from 'vitest'
import { committedWire } from '../../../src/adapters/registry/committed-index.js'
import { openRegistryWire } from '../../../src/adapters/registry/registry-wire.js'
import { reader } from '../../../src/stages/node.js'
import { raw, unscored, unscoredClean } from '../../../src/topics.js'
import { MemoryRegistry } from './memory-registry.js'
import { nextIndex, thisIndex } from './next-version.js'
import { newer, readBy, throughClean, writtenBy } from './through-clean.js'

it('carries a field of the next version through a stage of this one, by the committed index', async () => {
  const next = committedWire(nextIndex, { [unscored.name]: 1 })
  const value = await throughClean(committedWire(thisIndex, 'latest'), writtenBy(next))
  expect(await readBy(next, value)).toEqual(newer)
})

it('carries it through with a registry, where the next version need not be pinned', async () => {
  const registry = new MemoryRegistry()
  const open = (index: typeof thisIndex) =>
    openRegistryWire({ registry, index, namespace: 'test', pinned: 'latest', autoRegister: true })
  const own = await open(thisIndex)
  const next = await open(nextIndex)
  const value = await throughClean(own, writtenBy(next))
  expect(await readBy(next, value)).toEqual(newer)
})

it('reads records of this version by the next one', async () => {
  const next = committedWire(nextIndex, 'latest')
  const older = committedWire(thisIndex, 'latest')
  const { conversations, ...rest } = newer
  const turns = conversations.map(({ seconds: _, ...turn }) => turn)
  const payload = Buffer.from(JSON.stringify({ ...rest, conversations: turns }))
  expect(await readBy(next, older.frame(unscoredClean.name, payload))).toEqual({ ...rest, conversations: turns })
})

it('takes plain JSON of any producer where sources come in, still checked against its record', async () => {
  const payload = await committedWire(thisIndex, 'latest').unframe(raw.name, Buffer.from('{"no":"record"}'))
  expect(() => reader(raw)(payload)).toThrow(expect.objectContaining({ code: 'STEERFLOW_RECORD_INVALID' }))
})
