import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ElementSplitter, shapeOf } from '../../../src/adapters/files/elements.js'
import type { Line } from '../../../src/adapters/files/splitter.js'

/** The elements of chunks, and why the text is not whole. */
function split(chunks: readonly Buffer[], maxBytes = 1 << 20) {
  const splitter = new ElementSplitter(maxBytes)
  const lines: Line[] = []
  for (const chunk of chunks) lines.push(...splitter.push(chunk))
  return { lines, end: splitter.end() }
}

const textsOf = (lines: readonly Line[]): string[] =>
  lines.map(line => (line.kind === 'line' ? String(line.bytes) : line.kind))
const valuesOf = (lines: readonly Line[]): unknown[] => textsOf(lines).map(text => JSON.parse(text) as unknown)

/** Cuts bytes at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map(place => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end))
}

const record = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())
const indent = fc.constantFrom(undefined, 1, 2, '\t')
const places = fc.array(fc.nat(), { maxLength: 12 })

describe('ElementSplitter', () => {
  it('gives the elements of any array, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), indent, fc.boolean(), places, (values, space, crlf, at) => {
        const text = JSON.stringify(values, null, space)
        const { lines, end } = split(cut(Buffer.from(crlf ? text.replaceAll('\n', '\r\n') : text), at))
        expect(end).toBeNull()
        expect(valuesOf(lines)).toEqual(JSON.parse(text))
        expect(lines.map(line => line.number)).toEqual(values.map((_, index) => index + 1))
        expect(textsOf(lines).join('')).not.toMatch(/[\r\n]/)
      }),
    )
  })

  it('gives objects that stand one after another, with commas or without', () => {
    fc.assert(
      fc.property(fc.array(record), indent, fc.constantFrom('', '\n', ',\n', ' '), places, (values, space, gap, at) => {
        const text = values.map(value => JSON.stringify(value, null, space)).join(gap)
        const { lines, end } = split(cut(Buffer.from(text), at))
        expect(end).toBeNull()
        expect(valuesOf(lines)).toEqual(values.map(value => JSON.parse(JSON.stringify(value)) as unknown))
      }),
    )
  })

  it('gives every whole element before a tear at any byte, and says that it is torn', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), indent, (values, space) => {
        const bytes = Buffer.from(JSON.stringify(values, null, space))
        const whole = split([bytes]).lines
        expect(whole.length).toBe(values.length)
        let before = 0
        for (let length = 1; length < bytes.length; length++) {
          const { lines, end } = split([bytes.subarray(0, length)])
          expect(end).toMatch(/ends early/)
          expect(textsOf(lines)).toEqual(textsOf(whole.slice(0, lines.length)))
          expect(lines.length).toBeGreaterThanOrEqual(before)
          before = lines.length
        }
        expect(before).toBe(values.length)
      }),
      { numRuns: 50 },
    )
  })

  it('spells an element on one line as it is, and without line ends and indentation one on several', () => {
    expect(textsOf(split([Buffer.from('[{"a": 1, "b": "x  y"}, {"a": 2}]')]).lines)).toEqual([
      '{"a": 1, "b": "x  y"}',
      '{"a": 2}',
    ])
    expect(textsOf(split([Buffer.from('[\r\n  {\r\n    "a": [1,\n\n 2]\n  }\n]\n')]).lines)).toEqual(['{"a": [1,2]}'])
  })

  it('tells on which line an element begins, and where', () => {
    const { lines } = split([Buffer.from('\n[\n{"a": "x\\n"},\n1\n,\n{\n"b":2}]')])
    expect(lines.map(({ number, textLine, offset }) => [number, textLine, offset])).toEqual([
      [1, 3, 3],
      [2, 4, 17],
      [3, 6, 21],
    ])
  })

  it('leaves to the reader whether an element is JSON: the others are not lost', () => {
    const { lines, end } = split([Buffer.from(`[{"a":1},,nonsense,{'x': 1},[1},{"b":\n2}\n,]`)])
    expect(textsOf(lines)).toEqual(['{"a":1}', '', 'nonsense', "{'x': 1}", '[1}', '{"b":2}'])
    expect(end).toBeNull()
  })

  it('reads arrays one after another and an empty one', () => {
    expect(valuesOf(split([Buffer.from('[1,2]\n[3]\n')]).lines)).toEqual([1, 2, 3])
    expect(split([Buffer.from(' [ ]\n')])).toEqual({ lines: [], end: null })
  })

  it('stops at text behind the array that is no record', () => {
    const { lines, end } = split([Buffer.from('[{"a":1}]\n{"b":2}\nend of file\n{"c":3}')])
    expect(valuesOf(lines)).toEqual([{ a: 1 }, { b: 2 }])
    expect(end).toBe('text that is no JSON record stands at line 3, behind element 2')
  })

  it('passes over an element beyond the limit, with its length, digest and head', () => {
    const long = JSON.stringify({ text: 'x'.repeat(5000) })
    const bytes = Buffer.from(`[{"a":1},${long},{"b":2}]`)
    for (const chunks of [[bytes], cut(bytes, [20, 500, 4000])]) {
      const { lines, end } = split(chunks, 1000)
      expect(end).toBeNull()
      expect(textsOf(lines)).toEqual(['{"a":1}', 'too-long', '{"b":2}'])
      expect(lines[1]).toMatchObject({ length: long.length, number: 2 })
    }
  })
})

describe('shapeOf', () => {
  it.each([
    ['[{"a":1}]', 'elements'],
    ['\ufeff \n[', 'elements'],
    ['{\n  "a": 1\n}', 'elements'],
    ['{"a": [\n1]}', 'elements'],
    ['{"a":\n1}', 'elements'],
    ['{"a": 1\n, "b": 2}', 'elements'],
    ['{"a": 1}\n{"b": 2}', 'lines'],
    ['{"a": 1,\n{"b": 2}\n', 'lines'],
    ['{"a": 1\n{"b": 2}\n', 'lines'],
    ['{"a": "x\n{"b": 2}\n', 'lines'],
    ['{"a": "}\\"', 'lines'],
    ['{"a": 1', 'lines'],
    ['not json\n[', 'lines'],
    ['', 'lines'],
  ])('of %j is %s', (text, shape) => {
    expect(shapeOf(Buffer.from(text), true)).toBe(shape)
  })

  it('is open as long as the beginning may be either', () => {
    for (const text of ['', '  ', '{"a": 1', '{\n', '{\n  ']) expect(shapeOf(Buffer.from(text), false)).toBeNull()
    expect(shapeOf(Buffer.from('{"a":1}\n'), false)).toBe('lines')
  })
})
