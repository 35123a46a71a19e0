import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { committedWire } from '../../../src/adapters/registry/committed-index.js'
import { openRegistry } from '../../../src/adapters/registry/confluent.js'
import { framed, frameOf, schemaIdOf } from '../../../src/adapters/registry/framed-wire.js'
import { publishSchemas, type SchemaStatus } from '../../../src/adapters/registry/publish-schemas.js'
import { openRegistryWire } from '../../../src/adapters/registry/registry-wire.js'
import type { SchemaRegistry } from '../../../src/adapters/registry/registry.js'
import { type SchemaIndex, subjectOf } from '../../../src/adapters/registry/schema-index.js'
import type { Wire } from '../../../src/runtime/wire.js'
import { raw, scored, unscored } from '../../../src/topics.js'
import { describeWith } from '../../support/parts/describe-with.js'
import { type Registry as Server, startRegistry } from '../../support/registry/registry.js'
import { indexOf, nextIndex, thisIndex } from './next-version.js'
import { newer, readBy, throughClean, writtenBy } from './through-clean.js'

const describeRegistry = await describeWith('registry')

describeRegistry('a wire on a real registry', () => {
  let server: Server
  let registry: SchemaRegistry
  beforeAll(async () => {
    server = await startRegistry()
    registry = await client()
  })
  afterAll(async () => {
    await registry?.close()
    await server?.stop()
  })

  let made = 0
  /** A namespace of a test's own, so that a registry which is there already is not disturbed. */
  const newNamespace = (): string => `wire-${Date.now()}-${++made}`
  /** A client with empty caches, as another process has it. */
  const client = () => openRegistry({ url: server.url, username: '', password: '' })
  const publish = async (index: SchemaIndex, namespace: string): Promise<SchemaStatus[]> => {
    const statuses: SchemaStatus[] = []
    for (const topic of index.topics) statuses.push(...(await publishSchemas(registry, index, namespace, topic)))
    return statuses
  }
  const open = async (index: SchemaIndex, namespace: string, over: object = {}): Promise<Wire> =>
    openRegistryWire({ registry: await client(), index, namespace, pinned: 'latest', autoRegister: false, ...over })
  const json = Buffer.from('{"a":1}')
  const failure = async (work: () => unknown): Promise<unknown> => {
    try {
      return await work()
    } catch (error) {
      return error
    }
  }

  it('registers from the committed files; a second time changes nothing', async () => {
    const namespace = newNamespace()
    const first = await publish(thisIndex, namespace)
    expect(first.map(({ state, compatibility }) => `${state} ${compatibility}`)).toEqual(
      thisIndex.topics.flatMap(topic => thisIndex.versions(topic)).map(() => 'registered BACKWARD'),
    )
    expect((await publish(thisIndex, namespace)).map(({ id }) => id)).toEqual(first.map(({ id }) => id))
  })

  it('writes values that the deserializer of Confluent reads, and reads what its serializer writes', async () => {
    const namespace = newNamespace()
    await publish(thisIndex, namespace)
    const wire = await open(thisIndex, namespace)
    const topic = `${namespace}.${scored.name}`
    const { serializer, deserializer } = confluent(server.url, schemaIdOf(wire.frame(scored.name, json))!)
    const { conversations, ...rest } = newer
    const record = { ...rest, conversations: conversations.map(({ seconds: _, ...turn }) => turn) }
    const payload = Buffer.from(JSON.stringify(record))
    const value = wire.frame(scored.name, payload)
    // It validates by the writer's schema, too.
    expect(await deserializer.deserialize(topic, value)).toEqual(record)
    expect((await serializer.serialize(topic, record)).equals(value)).toBe(true)
    expect(wire.unframe(scored.name, value)).toEqual(payload)
  })

  it('says what to do where the schemas are not registered, or registers them when it is told to', async () => {
    const namespace = newNamespace()
    expect(await failure(() => open(thisIndex, namespace))).toMatchObject({ code: 'STEERFLOW_SCHEMA_UNREGISTERED' })
    const wire = await open(thisIndex, namespace, { autoRegister: true })
    expect(schemaIdOf(wire.frame(scored.name, json))).toBe(
      await registry.idOf(subjectOf(scored.name, namespace), thisIndex.text(thisIndex.versions(scored.name)[0]!)),
    )
  })

  it('runs version N beside N + 1: a field that N does not know goes through its stage', async () => {
    const namespace = newNamespace()
    await publish(thisIndex, namespace)
    const own = await open(thisIndex, namespace)
    await publish(nextIndex, namespace)
    const next = await open(nextIndex, namespace)
    const value = writtenBy(next)
    expect(schemaIdOf(value)).not.toBe(schemaIdOf(own.frame(unscored.name, json)))
    expect(await readBy(next, await throughClean(own, value))).toEqual(newer)
    // And both write the older version while it is pinned.
    const pinned = await open(nextIndex, namespace, { pinned: { [scored.name]: 1 } })
    expect(pinned.frame(scored.name, json).equals(own.frame(scored.name, json))).toBe(true)
  })

  it('reads what was written by the committed index before there was a registry', async () => {
    const namespace = newNamespace()
    await publish(thisIndex, namespace)
    const before = committedWire(thisIndex, 'latest').frame(scored.name, json)
    expect((await open(thisIndex, namespace)).unframe(scored.name, before)).toEqual(json)
  })

  it('is told why an incompatible change is refused, and registers nothing after it', async () => {
    const namespace = newNamespace()
    const schema = (...properties: string[]) => [
      {
        topic: scored.name,
        name: 'conversation',
        text: `{"$schema":"http://json-schema.org/draft-07/schema#","title":"Conversation","type":"object","additionalProperties":false,"properties":{${properties.join(',')}}}`,
      },
    ]
    const a = '"a":{"type":"string"}'
    const b = '"b":{"type":"string"}'
    const bad = indexOf(schema(a), schema('"a":{"type":"integer"}'), schema(a, b))
    const statuses = await publish(bad, namespace)
    expect(statuses.map(({ state }) => state)).toEqual(['registered', 'incompatible', 'missing'])
    expect(statuses[1]!.detail).toMatch(/\/properties\/a/)
    expect(await failure(() => open(bad, namespace, { autoRegister: true }))).toMatchObject({
      code: 'STEERFLOW_SCHEMA_INCOMPATIBLE',
      kind: 'permanent',
    })
  })

  it('refuses for good what is unknown or belongs to another topic while the registry answers', async () => {
    const namespace = newNamespace()
    await publish(thisIndex, namespace)
    const wire = await open(thisIndex, namespace)
    const of = (id: number) => framed(frameOf(id), json)
    expect(await failure(() => wire.unframe(scored.name, of(987_654)))).toMatchObject({
      code: 'STEERFLOW_SCHEMA_UNKNOWN',
      kind: 'permanent',
    })
    expect(await failure(() => wire.unframe(scored.name, wire.frame(raw.name, json)))).toMatchObject({
      code: 'STEERFLOW_SCHEMA_INCOMPATIBLE',
      kind: 'permanent',
    })
  })
})

interface Serde {
  readonly serializer: { serialize(topic: string, value: unknown): Promise<Buffer> }
  readonly deserializer: { deserialize(topic: string, value: Buffer): Promise<unknown> }
}

/** The serializer, told the id, and the deserializer, both of which validate. */
function confluent(url: string, useSchemaId: number): Serde {
  const loaded = z
    .custom<{
      SchemaRegistryClient: { newClient(config: object): unknown }
      SerdeType: { VALUE: unknown }
      JsonSerializer: new (...args: unknown[]) => Serde['serializer']
      JsonDeserializer: new (...args: unknown[]) => Serde['deserializer']
    }>()
    .parse(createRequire(import.meta.url)('@confluentinc/schemaregistry'))
  const client = loaded.SchemaRegistryClient.newClient({ baseURLs: [url], maxRetries: 0 })
  const options = { useSchemaId, subjectNameStrategyType: 'TOPIC', validate: true, validateFormats: false }
  return {
    serializer: new loaded.JsonSerializer(client, loaded.SerdeType.VALUE, options),
    deserializer: new loaded.JsonDeserializer(client, loaded.SerdeType.VALUE, options),
  }
}
