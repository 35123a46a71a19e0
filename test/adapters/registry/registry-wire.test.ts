import { beforeEach, describe, expect, it } from 'vitest'
import { committedWire } from '../../../src/adapters/registry/committed-index.js'
import { framed, frameOf, schemaIdOf } from '../../../src/adapters/registry/framed-wire.js'
import { publishSchemas } from '../../../src/adapters/registry/publish-schemas.js'
import { openRegistryWire } from '../../../src/adapters/registry/registry-wire.js'
import { SteerflowError } from '../../../src/domain/errors.js'
import { type SchemaIndex, subjectOf } from '../../../src/adapters/registry/schema-index.js'
import { raw, scored, unscored } from '../../../src/topics.js'
import { MemoryRegistry } from './memory-registry.js'
import { nextIndex, thisIndex } from './next-version.js'

const json = Buffer.from('{"a":1}')
const namespace = 'test'
const subject = subjectOf(scored.name, namespace)

let registry: MemoryRegistry
beforeEach(() => {
  registry = new MemoryRegistry()
})

const publish = async (index: SchemaIndex): Promise<void> => {
  for (const topic of index.topics) await publishSchemas(registry, index, namespace, topic)
}
const open = (index: SchemaIndex, over: object = {}) =>
  openRegistryWire({ registry, index, namespace, pinned: 'latest', autoRegister: false, ...over })

/** A framed value of an id. */
const of = (id: number): Buffer => framed(frameOf(id), json)
const code = (work: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'none',
      (error: unknown) => (error as SteerflowError).code,
    )

describe('opening', () => {
  it('registers nothing by itself, and says what to do', async () => {
    const opened = open(thisIndex)
    await expect(opened).rejects.toMatchObject({ code: 'STEERFLOW_SCHEMA_UNREGISTERED' })
    await expect(opened).rejects.toThrow(/test\..*-value: version 1 is not registered/)
    await opened.catch((error: SteerflowError) => expect(error.next).toMatch(/schemas register/))
  })

  it('registers when it is told to, and makes subjects check', async () => {
    const wire = await open(nextIndex, { autoRegister: true })
    expect(await registry.idOf(subject, nextIndex.text(nextIndex.versions(scored.name)[1]!))).toBe(
      schemaIdOf(wire.frame(scored.name, json)),
    )
    expect(registry.levels.get(subject)).toBe('BACKWARD')
  })

  it('writes the pinned version', async () => {
    await publish(nextIndex)
    const wire = await open(nextIndex, { pinned: { [scored.name]: 1 } })
    const first = await registry.idOf(subject, nextIndex.text(nextIndex.versions(scored.name)[0]!))
    expect(schemaIdOf(wire.frame(scored.name, json))).toBe(first)
    expect(schemaIdOf(wire.frame(unscored.name, json))).not.toBe(first)
  })

  it('leaves the level of a subject that has one', async () => {
    registry.levels.set(subject, 'FULL')
    await publish(thisIndex)
    expect(registry.levels.get(subject)).toBe('FULL')
  })
})

describe('reading', () => {
  it('asks nothing for what it knows, whether the registry is there or not', async () => {
    await publish(nextIndex)
    const wire = await open(nextIndex)
    const old = await registry.idOf(subject, nextIndex.text(nextIndex.versions(scored.name)[0]!))
    registry.down()
    expect(wire.unframe(scored.name, wire.frame(scored.name, json))).toEqual(json)
    expect(wire.unframe(scored.name, of(old!))).toEqual(json)
  })

  it('reads what was written before there was a registry', async () => {
    await publish(thisIndex)
    const wire = await open(thisIndex)
    const before = committedWire(thisIndex, 'latest')
    expect(wire.unframe(scored.name, before.frame(scored.name, json))).toEqual(json)
    expect(await code(() => wire.unframe(scored.name, before.frame(raw.name, json)))).toBe(
      'STEERFLOW_SCHEMA_INCOMPATIBLE',
    )
  })

  it('looks a newer version up once, however many records wait for it', async () => {
    await publish(thisIndex)
    const wire = await open(thisIndex)
    await publish(nextIndex)
    const newer = (await open(nextIndex)).frame(scored.name, json)
    registry.asked = 0
    const payloads = await Promise.all(Array.from({ length: 50 }, async () => wire.unframe(scored.name, newer)))
    expect(payloads).toEqual(Array.from({ length: 50 }, () => json))
    expect(registry.asked).toBe(2)
    expect(wire.unframe(scored.name, newer)).toEqual(json)
  })

  const needed = JSON.stringify({
    title: 'Conversation',
    type: 'object',
    properties: { conversations: { type: 'string' } },
  })
  const foreign: readonly (readonly [string, string, string, string, string])[] = [
    [
      'one of another subject',
      subjectOf(raw.name, namespace),
      '{"title":"Conversation"}',
      'JSON',
      'not registered under',
    ],
    ['one of another kind', subject, '{"type":"string"}', 'AVRO', 'it is AVRO'],
    ['one of another record', subject, '{"title":"Other","type":"object"}', 'JSON', 'the schema of Other'],
    ['one that gives a needed field another type', subject, needed, 'JSON', 'conversations is string, not array'],
  ]
  it.each(foreign)('refuses %s for good', async (_, under, text, type, why) => {
    await publish(thisIndex)
    const wire = await open(thisIndex)
    const id = registry.add(under, text, type)
    const refused = async () => wire.unframe(scored.name, of(id))
    await expect(refused()).rejects.toMatchObject({ code: 'STEERFLOW_SCHEMA_INCOMPATIBLE', kind: 'permanent' })
    await expect(refused()).rejects.toThrow(why)
  })

  it('asks once for an id that nobody knows, however often it comes', async () => {
    await publish(thisIndex)
    const wire = await open(thisIndex)
    registry.asked = 0
    for (let time = 0; time < 5; time++) {
      expect(await code(() => wire.unframe(scored.name, of(999)))).toBe('STEERFLOW_SCHEMA_UNKNOWN')
    }
    expect(registry.asked).toBe(1)
  })

  it.each([
    ['down', new SteerflowError('STEERFLOW_REGISTRY_DOWN', 'down')],
    ['refusing our credentials', new SteerflowError('STEERFLOW_REGISTRY_REFUSED', '401')],
  ])('never calls an id unknown while the registry is %s', async (_, failure) => {
    await publish(nextIndex)
    const wire = await open(thisIndex)
    const newer = (await open(nextIndex)).frame(scored.name, json)
    registry.failure = failure
    expect(await code(() => wire.unframe(scored.name, newer))).toBe('STEERFLOW_REGISTRY_DOWN')
    registry.failure = null
    await expect.poll(() => code(() => wire.unframe(scored.name, newer))).toBe('none')
  })

  it('leaves a registry that is down alone for a moment', async () => {
    await publish(thisIndex)
    const wire = await open(thisIndex)
    registry.down()
    registry.asked = 0
    for (const id of [901, 902, 903]) {
      expect(await code(() => wire.unframe(scored.name, of(id)))).toBe('STEERFLOW_REGISTRY_DOWN')
    }
    expect(registry.asked).toBe(1)
  })
})
