import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenId, tokenizer, tokenOffsets } from '../../src/baseline/generate.js'
import { controlTokens, extraIdTokens } from '../../src/domain/prompt-tokens.js'

const tokenize = tokenizer(extraIdTokens)

describe('tokens', () => {
  it('are control strings, words, digits and single characters', () => {
    expect(tokenize('<extra_id_2>not_appropriate:4,lang:en\n日本 12')).toEqual([
      ...['<extra_id_2>', 'not_appropriate', ':', '4', ',', 'lang', ':', 'en', '\n', '日本', ' ', '1', '2'],
    ])
    expect(tokenizer(controlTokens)('\x11User')).toEqual(['\x11', 'User'])
  })

  it('lose nothing of a text', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', '_', 'é', 'e\u0301', '7', ' ', '\n', '日', '😀', '\ud800', '<extra_id_1>', '<'),
        }),
        text => {
          const tokens = tokenize(text)
          expect(tokens.join('')).toBe(text)
          const characters = [...text]
          const offsets = [...tokenOffsets(tokens), characters.length]
          expect(tokens.map((_, i) => characters.slice(offsets[i], offsets[i + 1]).join(''))).toEqual(tokens)
        },
      ),
    )
  })

  it('have numbers: code points for characters, others above them', () => {
    expect(tokenId('a')).toBe(97)
    expect(tokenId('😀')).toBe(0x1f600)
    expect(tokenId('quality')).toBeGreaterThan(0x10ffff)
    expect(tokenId('quality')).not.toBe(tokenId('toxicity'))
  })
})
