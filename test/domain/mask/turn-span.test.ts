import { describe, expect, it } from 'vitest'
import type { RenderedTurn } from '../../../src/domain/mask/render.js'
import { indexOfIds, turnSpans } from '../../../src/domain/mask/turn-span.js'
import type { PromptTokens } from '../../../src/domain/prompt-tokens.js'

/** A token a character. */
const characters = (text: string) => Array.from(text, character => character.codePointAt(0)!)
/** The same, but two line breaks are one token. */
const joined = (text: string) => characters(text.replaceAll('\n\n', '\u2028'))

const tokens: PromptTokens = { system: '{', turn: '[', label: '#' }
const turn = (text: string, masked = false): RenderedTurn => ({ name: '[A\n', border: '[A\n', text, masked })
const t2v = turnSpans(characters, tokens, 'TEXT_TO_VALUE')
const v2t = turnSpans(characters, tokens, 'VALUE_TO_TEXT')

describe('the rule of a turn', () => {
  it('keeps the attribute line alone when values are learnt', () => {
    expect(t2v(turn('[A\nhi\n#q:4\n'), 0)).toEqual({ from: 0, to: 7, advance: 11 })
  })
  it('keeps the text behind the attribute line when texts are learnt', () => {
    expect(v2t(turn('[A\n#q:4\nhi\n'), 1)).toEqual({ from: 0, to: 8, advance: 11 })
  })
  it('keeps the text behind the name without an attribute line', () => {
    expect(v2t(turn('[A\nhi\n'), 1)).toEqual({ from: 0, to: 3, advance: 6 })
    expect(t2v(turn('[A\nhi\n'), 1)).toEqual({ from: 0, to: 3, advance: 6 })
    expect(turnSpans(characters, tokens, null)(turn('[A\n#hi\n'), 1)).toEqual({ from: 0, to: 3, advance: 7 })
  })
  it('takes the first turn for context unless values are learnt', () => {
    expect(v2t(turn('[A\nhi\n'), 0)).toEqual({ from: 0, to: 6, advance: 6 })
    expect(turnSpans(characters, tokens, null)(turn('[A\nhi\n'), 0)).toEqual({ from: 0, to: 6, advance: 6 })
  })
  it('keeps the turn token of a masked speaker: from the third turn on, and of the second when values are learnt', () => {
    const masked = turn('[A\nhi\n', true)
    expect([0, 1, 2].map(index => t2v(masked, index).from)).toEqual([0, 1, 1])
    expect([0, 1, 2].map(index => v2t(masked, index).from)).toEqual([0, 0, 1])
  })
  it('refuses a label token elsewhere than behind the name only where texts are learnt', () => {
    expect(() => v2t(turn('[A\nhi #\n'), 0)).toThrow('label token')
    expect(t2v(turn('[A\nhi #\n'), 1)).toEqual({ from: 0, to: 7, advance: 8 })
  })
  it('does not move on where no token is a line break of its own', () => {
    const span = turnSpans(joined, tokens, 'VALUE_TO_TEXT')(turn('[A\n#q\n\n'), 1)
    expect(span).toEqual({ from: 0, to: 6, advance: 0 })
  })
})

describe('indexOfIds', () => {
  it.each([
    [[1, 2, 3, 2, 3], [2, 3], 0, 1],
    [[1, 2, 3, 2, 3], [2, 3], 2, 3],
    [[1, 2], [2, 3], 0, -1],
    [[1, 2], [], 0, 0],
    [[], [1], 0, -1],
  ])('%j contains %j from %i at %i', (whole, part, start, expected) => {
    expect(indexOfIds(whole, part, start)).toBe(expected)
  })
})
