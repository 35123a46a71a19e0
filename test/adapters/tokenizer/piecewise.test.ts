import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { readModel } from '../../../src/adapters/tokenizer/model-file.js'
import { piecewiseEncode } from '../../../src/adapters/tokenizer/piecewise.js'
import type { Encode } from '../../../src/domain/mask/tokenizer.js'
import { models, realTokenizer } from '../../support/tokenizers.js'

const borders = { pieces: 1, linesIndependent: true, wordsIndependent: true }
/** A token a character. */
const characters: Encode = text => Array.from(text, () => 0)

/** The parts that a text is encoded in; those behind the first come behind a NUL. */
const parts = (text: string, facts = borders) => {
  const seen: string[] = []
  const encode = piecewiseEncode(
    part => {
      seen.push(part)
      return characters(part)
    },
    facts,
    1000,
  )
  encode(text)
  return seen.slice(facts.linesIndependent ? 1 : 0)
}

describe.each(['v1', 'v3'] as const)('with tokenizer %s', name => {
  let encode: Encode
  beforeAll(async () => {
    encode = (await realTokenizer(name)).encode
  })

  it('gives the ids of the text as a whole', () => {
    const piecewise = piecewiseEncode(encode, readModel(readFileSync(models[name])), 10_000)
    const bit = fc.oneof(
      fc.constantFrom(
        'hello',
        ' world',
        ' ',
        '  ',
        '\u2581',
        ' \u2581 ',
        '\n',
        '\r\n',
        '\t',
        'é',
        '日本語',
        '😀',
        '\ud83d',
        '\ude00',
      ),
      fc.constantFrom('\0', '\x11', '<s>', '<0x0A>', '<extra_id_1>', '=>', '1,000', 'ﬁ', '\u2028', '\u00a0'),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    )
    const text = fc.array(bit, { maxLength: 40 }).map(bits => bits.join(''))
    fc.assert(
      fc.property(text, given => {
        expect(piecewise(given)).toEqual(encode(given))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('piecewiseEncode', () => {
  it('cuts behind line breaks and before the spaces that follow a word', () => {
    expect(parts('a  b\n c\n\n d')).toEqual(['a', '\0  b\n', '\0 c\n', '\0\n', '\0 d'])
    expect(parts('a\u2581 b')).toEqual(['a', '\0\u2581 b'])
    expect(parts('  ')).toEqual(['  '])
    expect(parts('')).toEqual([''])
  })

  it('cuts only where the model has borders', () => {
    expect(parts('a b\nc', { ...borders, wordsIndependent: false })).toEqual(['a b\n', '\0c'])
    expect(parts('a b\nc', { ...borders, linesIndependent: false })).toEqual(['a b\nc'])
  })

  it('encodes a word once', () => {
    expect(parts('the end the end the')).toEqual(['the', '\0 end', '\0 the'])
  })

  it('refuses more than 1 MiB without a place to cut it, in bytes', () => {
    const encode = piecewiseEncode(characters, borders, 1000)
    expect(encode('a'.repeat(2 ** 20))).toHaveLength(2 ** 20)
    expect(encode('word '.repeat(2 ** 19))).toHaveLength(5 * 2 ** 19)
    for (const text of ['a'.repeat(2 ** 20 + 1), 'é'.repeat(2 ** 19 + 1)]) {
      expect(() => encode(text)).toThrow(expect.objectContaining({ code: 'STEERFLOW_UNMASKABLE' }))
    }
    const whole = piecewiseEncode(characters, { ...borders, linesIndependent: false }, 1000)
    expect(() => whole('a\n'.repeat(2 ** 20))).toThrow('1 MiB')
  })
})
