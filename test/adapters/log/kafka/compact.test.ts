import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  ask,
  compactArray,
  compactString,
  CompactReader,
  int32,
  noTags,
  speaks,
  varint,
} from '../../../../src/adapters/log/kafka/compact.js'

it('what is written is read back', () => {
  const structure = fc.record({
    size: fc.nat({ max: 2 ** 31 - 1 }),
    text: fc.string({ unit: 'binary', maxLength: 300 }),
    numbers: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 200 }),
  })
  fc.assert(
    fc.property(structure, ({ size, text, numbers }) => {
      const bytes = Buffer.concat([varint(size), compactString(text), compactArray(numbers.map(int32)), noTags])
      const reader = new CompactReader(bytes)
      expect(reader.varint()).toBe(size)
      expect(reader.string()).toBe(text.toWellFormed())
      expect(reader.array(() => reader.int32())).toEqual(numbers)
      reader.tags()
      expect(() => reader.int16()).toThrow(RangeError)
    }),
  )
})

it('what is null is empty', () => {
  const reader = new CompactReader(Buffer.from('0000', 'hex'))
  expect([reader.string(), reader.array(() => 1)]).toEqual(['', []])
})

it('a request goes out behind an empty buffer of tags, and null is an answer', async () => {
  const connectionPool = {
    send: async ({ request, response }: Exchange) => {
      expect((await request.encode()).buffer.toString('hex')).toBe('000a0b')
      return response.parse(await response.decode(Buffer.from('0c', 'hex')))
    },
  }
  const read: number[] = []
  const decode = (payload: Buffer): null => {
    read.push(...payload)
    return null
  }
  const request = { apiKey: 65, apiName: 'A', apiVersion: 0, body: Buffer.from('0a0b', 'hex'), decode }
  expect(await ask({ connectionPool } as never, request)).toBeNull()
  expect(read).toEqual([12])
})

it('a broker speaks what it has versions of', () => {
  const broker = { versions: { 65: { minVersion: 0, maxVersion: 0 } } }
  expect([speaks(broker as never, 65), speaks(broker as never, 61), speaks({ versions: null } as never, 65)]).toEqual([
    true,
    false,
    false,
  ])
})

interface Exchange {
  readonly request: { encode(): Promise<{ readonly buffer: Buffer }> }
  readonly response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): unknown }
}
