import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generator, longestContinuation } from '../../src/baseline/generate.js'
import { type GenerateRequest, checkGenerate } from '../../src/domain/generate-contract.js'
import { attributeSets, labelKeys } from '../../src/domain/attributes.js'
import { readLine } from '../../src/domain/label-reply.js'
import { labelPrompt, labelUpTo } from '../../src/domain/prompt.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import { smallModel } from '../support/baseline.js'

const generate = generator(smallModel(), extraIdTokens)
const set = attributeSets['oasst-12-lang@1']

function request(sentences: readonly string[], given: object = {}): GenerateRequest {
  const checked = checkGenerate({ sentences, ...given })
  if (!checked.ok) throw new Error(checked.answer.body)
  return checked.request
}
const complete = (prompt: string, given: object = {}): string =>
  generate(request([prompt], given)).sentences[0]!.slice(prompt.length)

const prompt = labelPrompt(
  'S\n\n',
  [
    { value: 'Question 1?', from: 'User', label: 'quality:2' },
    { value: 'the quick brown fox', from: 'Assistant' },
  ],
  extraIdTokens,
)
const whole = complete(prompt)

describe('generation', () => {
  it('continues a prompt with its label, a line end and the next turn', () => {
    expect(whole).toMatch(/^quality:[0-4],toxicity:[0-4],.*,lang:en\n<extra_id_1>$/)
    expect(readLine(prompt + whole, prompt, set, extraIdTokens)).not.toBeNull()
  })

  it('gives the same label one attribute a call, one token each', () => {
    let label = ''
    for (const key of labelKeys(set)) {
      const asked = labelUpTo(label, key)
      label = asked + complete(prompt + asked, { tokens_to_generate: 1 })
    }
    expect(`${label}\n<extra_id_1>`).toBe(whole)
  })

  it('is a greedy function of the string: token by token as in one go', () => {
    const parts = fc.constantFrom('<extra_id_1>', '<extra_id_2>', '\n', 'User', 'quality', ':', '3', ',', ' ', 'lang')
    fc.assert(
      fc.property(fc.string({ unit: parts, maxLength: 12 }), start => {
        const inOneGo = complete(start, { end_strings: [] })
        let text = start
        for (let next = '?'; next !== '' && text.length < start.length + 10_000; text += next) {
          next = complete(text, { end_strings: [], tokens_to_generate: 1 })
        }
        expect(text.slice(start.length)).toBe(inOneGo)
      }),
      {
        numRuns: 40,
        examples: [
          ['<extra_id_2>\nUser'],
          ['<extra_id_1>\n<extra_id_2>3\nlang,'],
          ['<extra_id_2>lang::'],
          ['<extra_id_2>quality::'],
        ],
      },
    )
  })

  it('does not let what is given change what is predicted', () => {
    expect(complete(`${prompt}quality:0,toxicity:`)).toBe(whole.slice('quality:n,toxicity:'.length))
    expect(complete(`${prompt}quality:4,toxicity:`)).toBe(whole.slice('quality:n,toxicity:'.length))
  })

  it('stops at the limit of tokens and behind an end string, which it keeps', () => {
    expect(complete(prompt, { tokens_to_generate: 3 })).toBe(whole.slice(0, 'quality:n'.length))
    expect(complete(prompt, { end_strings: ['toxicity:'] })).toBe(whole.slice(0, 'quality:n,toxicity:'.length))
    expect(complete(prompt, { end_strings: [] })).toBe(whole)
  })

  it('bans the end of text as long as it is told, within its own bound', () => {
    const long = complete(prompt, { tokens_to_generate: 100, min_tokens_to_generate: 60 })
    expect(long.startsWith(whole)).toBe(true)
    const endless = generate(request([''], { tokens_to_generate: 1e9, min_tokens_to_generate: 1e9 }))
    expect(endless.tokens[0]).toHaveLength(longestContinuation)
  })

  it('answers every sentence in its place, with raw scores', () => {
    const { sentences, scores, tokens, tokenIds, offsets } = generate(
      request(['hi', prompt, ''], { tokens_to_generate: 2 }),
    )
    expect(sentences.map((text, i) => text.startsWith(['hi', prompt, ''][i]!))).toEqual([true, true, true])
    expect(scores.map(one => Object.keys(one).length)).toEqual([12, 12, 12])
    expect(tokens.map(({ length }) => length)).toEqual(tokenIds.map(({ length }) => length))
    expect(tokens.map(({ length }) => length)).toEqual(offsets.map(({ length }) => length))
    expect(tokens[1]!.join('')).toBe(sentences[1])
  })
})
