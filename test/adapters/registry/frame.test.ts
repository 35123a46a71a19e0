import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { framed, frameBytes, frameOf, payloadOf, schemaIdOf } from '../../../src/adapters/registry/framed-wire.js'

const id = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const payload = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes))

describe('a frame', () => {
  it('gives id and payload back', () => {
    fc.assert(
      fc.property(id, payload, (schema, bytes) => {
        const value = framed(frameOf(schema), bytes)
        expect(value.length).toBe(frameBytes + bytes.length)
        expect(schemaIdOf(value)).toBe(schema)
        expect(payloadOf(value)).toEqual(bytes)
      }),
    )
  })

  it('is a zero byte and the big-endian id', () => {
    expect(framed(frameOf(0x01020304), Buffer.from('{}'))).toEqual(Buffer.from([0, 1, 2, 3, 4, 0x7b, 0x7d]))
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['plain JSON', Buffer.from('{"a":1}')],
    ['less than a frame', Buffer.from([0, 0, 0, 1])],
  ])('is not seen in %s', (_, value) => expect(schemaIdOf(value)).toBeNull())

  it('shares the memory of its value', () => {
    const value = framed(frameOf(1), Buffer.from('{}'))
    expect(payloadOf(value).buffer).toBe(value.buffer)
  })

  it('is byte for byte what the serializer of Confluent writes, which its deserializer reads', async () => {
    const { JsonDeserializer, JsonSerializer, SchemaRegistryClient, SerdeType } = confluent()
    const client = SchemaRegistryClient.newClient({ baseURLs: ['mock://'] })
    const schema = { schemaType: 'JSON', schema: '{"type":"object","properties":{"a":{"type":"string"}}}' }
    const registered = await client.register('t-value', schema, false)
    const options = { useSchemaId: registered, subjectNameStrategyType: 'TOPIC' }
    const theirs = await new JsonSerializer(client, SerdeType.VALUE, options).serialize('t', { a: 'ä' })
    const ours = framed(frameOf(registered), Buffer.from(JSON.stringify({ a: 'ä' })))
    expect(ours.equals(theirs)).toBe(true)
    const reader = new JsonDeserializer(client, SerdeType.VALUE, { subjectNameStrategyType: 'TOPIC' })
    expect(await reader.deserialize('t', ours)).toEqual({ a: 'ä' })
  })
})

interface Confluent {
  readonly SchemaRegistryClient: {
    newClient(config: object): { register(subject: string, schema: object, normalize: boolean): Promise<number> }
  }
  readonly SerdeType: { readonly VALUE: unknown }
  readonly JsonSerializer: new (...args: unknown[]) => { serialize(topic: string, value: unknown): Promise<Buffer> }
  readonly JsonDeserializer: new (...args: unknown[]) => { deserialize(topic: string, value: Buffer): Promise<unknown> }
}
const confluent = (): Confluent =>
  z.custom<Confluent>().parse(createRequire(import.meta.url)('@confluentinc/schemaregistry'))
