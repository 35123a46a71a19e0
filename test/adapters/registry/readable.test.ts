import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { whyUnreadable } from '../../../src/adapters/registry/lookups.js'
import { nextIndex } from './next-version.js'

const schema = (over: object = {}) =>
  JSON.stringify({
    title: 'T',
    type: 'object',
    properties: {
      a: { type: 'string' },
      list: { type: 'array', items: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } },
      free: { type: 'string' },
    },
    required: ['a', 'list'],
    additionalProperties: false,
    ...over,
  })
const properties = (over: object) =>
  schema({ properties: { ...(JSON.parse(schema()) as { properties: object }).properties, ...over } })
const items = (n: object) => ({ list: { type: 'array', items: { type: 'object', properties: { n } } } })

describe('whether a writer can be read', () => {
  it.each([
    ['the same', schema(), null],
    ['an optional field more', properties({ more: { type: 'string' } }), null],
    ['a type that is wider', properties({ a: { type: ['string', 'null'] } }), null],
    ['an integer for a number', properties(items({ type: 'integer' })), null],
    ['another type of a field that is not needed', properties({ free: { type: 'integer' } }), null],
    ['an open schema that leaves a field out', schema({ properties: {}, additionalProperties: true }), null],
    ['another title', schema({ title: 'Other' }), 'it is the schema of Other'],
    ['no title', schema({ title: undefined }), 'it is the schema of something untitled'],
    ['another type', properties({ a: { type: 'integer' } }), 'a is number, not string'],
    ['another type within a list', properties(items({ type: 'string' })), 'list[].n is string, not number'],
    ['no such field', schema({ properties: { list: {} } }), 'it has no a'],
    ['a list of records', schema({ type: 'array' }), 'a record is array, not object'],
    ['text', 'not JSON', 'it is not a JSON Schema'],
    ['a list', '[]', 'it is not a JSON Schema'],
  ])('%s', (_, writer, why) => expect(whyUnreadable(schema(), writer)).toBe(why))

  it('reads every version of the own schemas with every other', () => {
    const texts = nextIndex.topics.map(topic => nextIndex.versions(topic).map(entry => nextIndex.text(entry)))
    const pairs = texts.flatMap(versions => versions.flatMap(a => versions.map(b => [a, b] as const)))
    for (const [reader, writer] of pairs) expect(whyUnreadable(reader, writer)).toBeNull()
  })

  it('answers whatever is registered, and never throws', () => {
    fc.assert(
      fc.property(fc.json(), writer => {
        expect(whyUnreadable(schema(), writer)).not.toBeUndefined()
      }),
    )
  })
})
