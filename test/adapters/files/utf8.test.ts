import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeUtf8 } from '../../../src/adapters/files/utf8.js'

describe('decodeUtf8', () => {
  it('decodes every text, byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(decodeUtf8(Buffer.from(`\ufeff${text}`))).toBe(`\ufeff${text}`)
      }),
    )
  })

  it.each([
    [[0x61, 0xff], 1],
    [[0xc3, 0xa9, 0xc3], 2],
    [[0xef, 0xbb, 0xbf, 0xed, 0xa0, 0x80], 3],
    [[0xc0, 0x80], 0],
  ])('names the first wrong byte of %j', (bytes, position) => {
    expect(() => decodeUtf8(Buffer.from(bytes))).toThrow(
      expect.objectContaining({ code: 'STEERFLOW_INPUT_JSON', message: `not UTF-8 at byte ${position}` }),
    )
  })
})
