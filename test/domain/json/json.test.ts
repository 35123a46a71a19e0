import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepest, isDeeper, parseExactly, parseJson } from '../../../src/domain/json/json.js'
import { hostile } from './texts.js'

describe('parseJson and parseExactly', () => {
  it.each([
    ['parseJson', parseJson],
    ['parseExactly', parseExactly],
  ])('understands what JSON.parse understands: %s', (_, parse) => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), value => {
        const text = JSON.stringify(value)
        fc.pre(!/[0-9]{16}/.test(text))
        expect(parse(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each([
    ['NaN', NaN],
    ['[Infinity,-Infinity]', [Infinity, -Infinity]],
    ['12345678901234567890', 12345678901234567890n],
    ['9007199254740991', 9007199254740991],
    ['1234567890123456.0', 1234567890123456],
    ['{"a":1,"a":12345678901234567}', { a: 12345678901234567n }],
  ])('understands %s as Python does', (text, expected) => {
    expect(parseExactly(text)).toEqual(expected)
  })

  it('keeps a key called __proto__ harmless', () => {
    const value = parseJson('{"__proto__": {"polluted": NaN}}') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect('polluted' in value).toBe(false)
  })

  it.each(hostile.filter(text => !text.includes('\\ud83d')))('refuses %j', text => {
    for (const parse of [parseJson, parseExactly])
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'STEERFLOW_INPUT_JSON' }))
  })

  it.each(['1', 'NaN'])('takes any nesting that a source may have, and no deeper: %s', inner => {
    const depth = deepest.source
    let value = parseJson('['.repeat(depth) + inner + ']'.repeat(depth))
    let seen = 0
    while (Array.isArray(value)) {
      value = value[0] as unknown
      seen += 1
    }
    expect(seen).toBe(depth)
    for (const text of [...['[', '{"a":'].map(open => open.repeat(depth + 1) + inner), '['.repeat(4_000_000)])
      for (const parse of [parseJson, parseExactly])
        expect(() => parse(text)).toThrow(
          expect.objectContaining({ code: 'STEERFLOW_INPUT_JSON', message: 'nested deeper than 32768 levels' }),
        )
  })

  it('counts the brackets that are none of a string', () => {
    const nested = (most: number, text: string): string => '['.repeat(most) + text + ']'.repeat(most)
    expect(isDeeper(nested(3, '"[{\\"[{"'), 3)).toBe(false)
    expect(isDeeper(nested(3, '"\\\\",[]'), 3)).toBe(true)
    expect(isDeeper('[[],[],[],[],{},{}]', 2)).toBe(false)
    expect(isDeeper('[[],[],[],[],{"a":{}}]', 2)).toBe(true)
  })
})
