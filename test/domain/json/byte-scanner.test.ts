import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteNames } from '../../../src/domain/json/byte-map.js'
import { ByteScanner, openList, openObject, Unusual } from '../../../src/domain/json/byte-scanner.js'

/** Whether the scanner takes all of a text. */
function takes(text: string): boolean {
  const scanner = new ByteScanner()
  scanner.open(Buffer.from(text))
  try {
    scanner.skip()
    scanner.close()
    return true
  } catch (error) {
    if (error instanceof Unusual) return false
    throw error
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const tokens = [...'{}[],:"\\/ \t\n\r-+.eE019unrtbfa', '\u0000', '\u001f', '\u007f', 'é', '😀', 'true', 'false', 'null']
const more = ['NaN', 'Infinity', '"a"', '"a":1', '\\u00e9', '\\ud83d', '\\u12', '1e5', '-0.5', '\ufeff', '\u00a0']
const shards = fc.constantFrom(...tokens, ...more)

describe('ByteScanner', () => {
  it('takes whatever JSON.stringify writes, however it is spaced', () => {
    const spaces = fc.constantFrom('', ' ', '\t', 2)
    fc.assert(fc.property(fc.jsonValue(), spaces, (value, space) => takes(JSON.stringify(value, null, space))))
  })

  it('takes and refuses the same texts as JSON.parse', () => {
    const same = (text: string): boolean => takes(text) === isJson(text)
    fc.assert(
      fc.property(fc.array(shards, { maxLength: 8 }), parts => same(parts.join(''))),
      { numRuns: 3000 },
    )
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(3), shards, (json, place, gone, added) => {
        const at = place % (json.length + 1)
        return same(json.slice(0, at) + added + json.slice(at + gone))
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    '01',
    '1.',
    '.5',
    '1e',
    '-',
    '+1',
    '1,',
    '"\\',
    '"\\u',
    '"\\u123',
    '"\\u123g"',
    '"a\n"',
    '[1,]',
    '{"a":}',
    '',
  ])('refuses %j', text => {
    expect(takes(text)).toBe(false)
  })

  it('gives up on very deep values', () => {
    expect(takes('['.repeat(256) + ']'.repeat(256))).toBe(true)
    expect(takes('['.repeat(257) + ']'.repeat(257))).toBe(false)
    expect(takes(`[${'[{}],'.repeat(1000)}1]`)).toBe(true)
  })

  it('says where parts lie and how they are spelled', () => {
    const scanner = new ByteScanner()
    scanner.open(Buffer.from('{"é": ["a", "\\n", "\\/"], "n": -1.5e3}'))
    const names = byteNames('é', 'm')
    expect(scanner.enter(openObject)).toBe(true)
    expect(scanner.key(names)).toBe('é')
    expect(scanner.enter(openList)).toBe(true)
    const strings = []
    do {
      scanner.string()
      strings.push([scanner.text(), scanner.plain, scanner.canonical])
    } while (scanner.more(openList))
    expect(strings).toEqual([
      ['a', true, true],
      ['\\n', false, true],
      ['\\/', false, false],
    ])
    expect(scanner.more(openObject)).toBe(true)
    expect(scanner.key(names)).toBe(undefined)
    scanner.number()
    expect(scanner.text()).toBe('-1.5e3')
    expect(scanner.more(openObject)).toBe(false)
    scanner.close()
  })
})
