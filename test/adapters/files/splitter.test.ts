import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Line, LineSplitter } from '../../../src/adapters/files/splitter.js'
import { sha256 } from '../../../src/domain/digest.js'

/** Pushes the bytes in pieces of the given sizes, over and over. */
function split(bytes: Buffer, sizes: readonly number[], maxLineBytes = 1000): Line[] {
  const splitter = new LineSplitter(maxLineBytes)
  const lines: Line[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    lines.push(...splitter.push(bytes.subarray(at, at + size)))
    at += size
  }
  return [...lines, ...splitter.end()]
}

const texts = (lines: readonly Line[]) => lines.map(line => (line.kind === 'line' ? line.bytes.toString() : line.kind))

describe('LineSplitter', () => {
  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\nb\n', ['a', 'b']],
    ['a\r\nb\rc\n\r\rd', ['a', 'b', 'c', '', '', 'd']],
    ['a\r', ['a']],
    ['a\n\nb', ['a', '', 'b']],
    ['a\u2028b\u2029c\u0085d\x0b\x0ce\n', ['a\u2028b\u2029c\u0085d\x0b\x0ce']],
  ])('splits %j as universal newlines do', (text, expected) => {
    expect(texts(split(Buffer.from(text), [1000]))).toEqual(expected)
  })

  it('gives the same lines however the bytes come, and offsets that find them again', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r', '\u2028', '"'), maxLength: 60 })
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }), (value, sizes) => {
        const bytes = Buffer.from(value)
        const lines = split(bytes, sizes)
        const expected = value.split(/\r\n|\r|\n/)
        if (expected.at(-1) === '') expected.pop()
        expect(texts(lines)).toEqual(expected)
        for (const [index, line] of lines.entries()) {
          expect(line.number).toBe(index + 1)
          if (line.kind === 'line')
            expect(bytes.subarray(line.offset, line.offset + line.bytes.length)).toEqual(line.bytes)
        }
      }),
    )
  })

  it('passes over a line beyond the limit, with its length, digest and head', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 600 }), fc.integer({ min: 1, max: 50 }), (length, size) => {
        const long = 'x'.repeat(length)
        const lines = split(Buffer.from(`ok\n${long}\nfine`), [size], 10)
        expect(lines[1]).toEqual({
          kind: 'too-long',
          number: 2,
          offset: 3,
          length,
          sha256: sha256(long),
          head: Buffer.from(long.slice(0, 256)),
        })
        expect(texts(lines)).toEqual(['ok', 'too-long', 'fine'])
      }),
    )
  })
})
