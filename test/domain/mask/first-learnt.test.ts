import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { firstLearnt } from '../../../src/domain/mask/first-learnt.js'
import type { MaskInput } from '../../../src/domain/mask/input.js'
import { lossMask } from '../../../src/domain/mask/loss-mask.js'
import type { Encode, Tokenizer } from '../../../src/domain/mask/tokenizer.js'
import { controlTokens, extraIdTokens, type PromptTokens } from '../../../src/domain/prompt-tokens.js'
import { realTokenizer } from '../../support/tokenizers.js'

/** The result, or the message of what was thrown. */
const outcome = (work: () => number | null): number | null | string => {
  try {
    return work()
  } catch (thrown) {
    return (thrown as Error).message
  }
}

/** The same, from the whole mask. */
const fromWholeMask = (encode: Encode, tokens: PromptTokens, input: MaskInput) =>
  outcome(() => {
    const index = lossMask(encode, tokens, input).learnt.indexOf(true)
    return index < 0 ? null : index
  })

/** An id for a token: tokens that differ in length or in their last unit have different ids. */
const id = (token: string) => token.length * 2 ** 16 + token.charCodeAt(token.length - 1)

/** Texts that try to be something else: prompt tokens, line breaks, spaces, controls, halves of surrogate pairs. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<extra_id_1>',
        '<extra_id_2>',
        '<extra_id_',
        '2>',
        '\x00',
        '\x11',
        '\x12',
        '\n',
        '\r\n',
        ' ',
        '\u2581',
      ),
      fc.constantFrom('User\n', '=4', 'quality:4', 'hello world', '日本', '👩‍👩‍👧', '\ud83d', '\ude00', '\ufffd', ''),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    { maxLength: 4 },
  )
  .map(parts => parts.join(''))
const speaker = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('User', 'Assistant') },
  { weight: 1, arbitrary: fc.constantFrom('Use', '', 'Assistant\n', '<extra_id_2>', '\x12') },
)
const label = fc.oneof(fc.constantFrom('quality:4,lang:en', '=', null, undefined), hostile)
/** The masked role speaks first, so that most of the conversations can be masked and are decided by an early turn. */
const conversation: fc.Arbitrary<MaskInput> = fc
  .record({
    first: fc.record({ value: hostile, label }),
    rest: fc.array(fc.record({ value: hostile, from: speaker, label }), { maxLength: 5 }),
    system: fc.oneof(fc.constant('A chat.\n\n'), hostile),
    mask: fc.oneof(
      { weight: 12, arbitrary: fc.constant('User') },
      { weight: 1, arbitrary: fc.constantFrom('', 'Assistant', 'User,Assistant') },
    ),
    type: fc.constantFrom('VALUE_TO_TEXT', 'VALUE_TO_TEXT', 'TEXT_TO_VALUE', null),
  })
  .map(({ first, rest, ...others }) => ({ ...others, conversations: [{ ...first, from: 'User' }, ...rest] }))
const prompt: fc.Arbitrary<PromptTokens> = fc.oneof(
  fc.constantFrom(extraIdTokens, controlTokens),
  fc.record({
    system: fc.constantFrom('', '{', '\x00'),
    turn: fc.constantFrom('', '[', '\n', ' ', '\x11'),
    label: fc.constantFrom('', ' ', '\u2581', '\n', '=', '\ud83d', '\ufffd', '\x12'),
  }),
)

describe.each(['v1', 'v3'] as const)('with tokenizer %s, the first learnt token', name => {
  let tokenizer: Tokenizer
  beforeAll(async () => {
    tokenizer = await realTokenizer(name)
  })

  it('is that of the whole mask, whatever the conversation', () => {
    expect(tokenizer.linesIndependent).toBe(true)
    fc.assert(
      fc.property(conversation, prompt, (input, tokens) => {
        expect(outcome(() => firstLearnt(tokenizer, tokens, input))).toEqual(
          fromWholeMask(tokenizer.encode, tokens, input),
        )
      }),
      { numRuns: 800 },
    )
  })

  it('is found without encoding the turns behind the one that decides', () => {
    const encoded: string[] = []
    const encode: Encode = text => {
      encoded.push(text)
      return tokenizer.encode(text)
    }
    const turns = ['Question', 'Answer', 'Later question', 'Later answer'].map((value, i) => ({
      value,
      from: i % 2 ? 'Assistant' : 'User',
      label: 'quality:4,lang:en',
    }))
    for (const type of ['TEXT_TO_VALUE', 'VALUE_TO_TEXT'] as const) {
      firstLearnt({ ...tokenizer, encode }, extraIdTokens, { conversations: turns, system: '', mask: 'User', type })
    }
    expect(encoded.some(text => text.includes('Answer'))).toBe(true)
    expect(encoded.filter(text => text.includes('Later'))).toEqual([])
  })

  it('is refused for a label token in a turn behind the one that decides', () => {
    const said = ['Question', 'Answer', 'Later', 'a<extra_id_2>'].map((value, i) => ({
      value,
      from: i % 2 ? 'B' : 'A',
    }))
    const input: MaskInput = { conversations: said, system: '', mask: 'A', type: 'VALUE_TO_TEXT' }
    expect(() => firstLearnt(tokenizer, extraIdTokens, input)).toThrow('turn 3 has a label token')
  })
})

describe('with a tokenizer that reaches over the ends of lines', () => {
  /** Every line break and what follows it are one token, as are any two line breaks. */
  const encode: Encode = text =>
    (text.match(/\n\n|\n?[^\n]|\n/gu) ?? []).map(
      token => [...token].length * 2 ** 24 + token.codePointAt(token.length - 1)!,
    )

  it('the whole mask is computed', () => {
    fc.assert(
      fc.property(conversation, prompt, (input, tokens) => {
        expect(outcome(() => firstLearnt({ encode, linesIndependent: false }, tokens, input))).toEqual(
          fromWholeMask(encode, tokens, input),
        )
      }),
    )
  })
})

describe('with a tokenizer whose line breaks belong to what is before them', () => {
  /**
   * A token a character, but a full stop and a line break are one, so that an attribute line may have no end of its own;
   * and a speaker is one with the turn token, so that this alone may be longer than a whole turn.
   */
  const encode: Encode = text => (text.match(/\[+[UA]|\.\n|[^]/gu) ?? []).map(id)
  const ends = fc.constantFrom('a.', '.', '\n', '', 'aaa')

  it('the first learnt token is that of the whole mask, even where the loader loses its position', () => {
    const odd = fc.record({
      conversations: fc.array(fc.record({ value: ends, from: fc.constantFrom('U', 'A', 'A.'), label: ends }), {
        maxLength: 6,
      }),
      system: ends,
      mask: fc.constant('U'),
      type: fc.constantFrom('TEXT_TO_VALUE', 'VALUE_TO_TEXT', null),
    })
    fc.assert(
      fc.property(odd, fc.constantFrom('[', '[[[[[[', '[[[[[[[[['), (input: MaskInput, turn) => {
        const tokens = { system: '{', turn, label: '#' }
        expect(outcome(() => firstLearnt({ encode, linesIndependent: true }, tokens, input))).toEqual(
          fromWholeMask(encode, tokens, input),
        )
      }),
      { numRuns: 3000 },
    )
  })
})
