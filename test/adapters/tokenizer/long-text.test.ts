import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { boundedEncode } from '../../../src/adapters/tokenizer/long-text.js'
import { readModel } from '../../../src/adapters/tokenizer/model-file.js'
import { type Encode } from '../../../src/domain/mask/tokenizer.js'
import { models, realTokenizer } from '../../support/tokenizers.js'

const facts = readModel(readFileSync(models.v1))
const nowhere = { pieces: 1, linesIndependent: false, wordsIndependent: false }

describe('boundedEncode', () => {
  it('gives the same ids as encoding a long text at once', async () => {
    const { encode } = await realTokenizer('v1')
    let calls = 0
    const counted: Encode = text => {
      calls += 1
      return encode(text)
    }
    const bounded = boundedEncode(counted, facts)
    const part = fc.constantFrom(
      'hello',
      ' world',
      '  ',
      '\u2581',
      ' \u2581 ',
      '\n',
      'é',
      '日本語',
      '😀',
      '\ud800',
      '\0',
      'a'.repeat(5000),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 20, maxLength: 60 }), parts => {
        const pattern = parts.join('')
        const text = pattern.repeat(Math.ceil(140_000 / pattern.length))
        calls = 0
        expect(
          Buffer.from(Uint32Array.from(bounded(text)).buffer).equals(
            Buffer.from(Uint32Array.from(encode(text)).buffer),
          ),
        ).toBe(true)
        expect(calls).toBeGreaterThan(1)
      }),
      { numRuns: 3 },
    )
  })

  it('cuts before spaces where there is no line break, and looks further where there is nothing within reach', () => {
    const seen: string[] = []
    const bounded = boundedEncode(text => {
      seen.push(text)
      return [text.length]
    }, facts)
    bounded(`${'a'.repeat(70_000)} ${'b'.repeat(70_000)}\nc`)
    expect(seen.slice(1).map(text => text.replace(/(.)\1+/g, '$1'))).toEqual(['a', '\0 b\n', '\0c'])
  })

  it('encodes a long text at once where no border is known', () => {
    expect(boundedEncode(text => [text.length], nowhere)('a b\n'.repeat(50_000))).toEqual([200_000])
  })

  it('refuses more than 1 MiB without a place to cut it, in bytes', () => {
    const bounded = boundedEncode(text => [text.length], facts)
    expect(bounded('a'.repeat(2 ** 20))).toHaveLength(1)
    for (const text of ['a'.repeat(2 ** 20 + 1), 'é'.repeat(2 ** 19 + 1)]) {
      expect(() => bounded(text)).toThrow(expect.objectContaining({ code: 'STEERFLOW_UNMASKABLE' }))
    }
    expect(() => boundedEncode(text => [text.length], nowhere)('a\n'.repeat(2 ** 20))).toThrow('1 MiB')
  })
})
