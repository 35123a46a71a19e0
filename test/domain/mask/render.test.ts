import { describe, expect, it } from 'vitest'
import type { MaskInput } from '../../../src/domain/mask/input.js'
import { render } from '../../../src/domain/mask/render.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'

const input: MaskInput = {
  conversations: [
    { value: 'hi', from: 'User', label: null },
    { value: 'hello', from: 'Assistant', label: 'quality:4' },
  ],
  system: 'A chat.\n\n',
  mask: 'User',
  type: 'TEXT_TO_VALUE',
}
const laidOut = (given: MaskInput) => {
  const { header, turns, tail } = render(given, extraIdTokens)
  return [header, ...turns.map(turn => turn.text), tail]
}

describe('render', () => {
  it('puts the attribute line behind the text when it is what is learnt', () => {
    expect(laidOut(input)).toEqual([
      '<extra_id_0>System\nA chat.\n\n\n',
      '<extra_id_1>User\nhi\n',
      '<extra_id_1>Assistant\nhello\n<extra_id_2>quality:4\n',
      '<extra_id_1>',
    ])
  })

  it('puts the attribute line before the text when it is the condition', () => {
    expect(laidOut({ ...input, type: 'VALUE_TO_TEXT' })[2]).toBe(
      '<extra_id_1>Assistant\n<extra_id_2>quality:4\nhello\n',
    )
  })

  it('leaves attribute lines out without a type', () => {
    expect(laidOut({ ...input, type: null })[2]).toBe('<extra_id_1>Assistant\nhello\n')
  })

  it('ends without a turn token when the last speaker is masked', () => {
    expect(laidOut({ ...input, mask: 'Assistant' }).at(-1)).toBe('')
  })

  it('masks a speaker who is a part of the mask, and wants every role of the mask to speak', () => {
    const masked = (mask: string) => render({ ...input, mask }, extraIdTokens).turns.map(turn => turn.masked)
    expect(masked('User,Assistant')).toEqual([true, true])
    expect(() => masked('User,Bot')).toThrow('"Bot" never speaks')
    expect(() => masked('')).toThrow('never speaks')
    const substring = { ...input, conversations: [...input.conversations, { value: '', from: 'Use' }] }
    expect(render(substring, extraIdTokens).turns.map(turn => turn.masked)).toEqual([true, false, true])
  })

  it('reads a lone surrogate as U+FFFD', () => {
    expect(laidOut({ ...input, system: '\ud800' })[0]).toBe('<extra_id_0>System\n\ufffd\n')
  })
})
