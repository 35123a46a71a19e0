import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPrompt } from '../../src/baseline/generate.js'
import { labelPrompt } from '../../src/domain/prompt.js'
import { controlTokens, extraIdTokens } from '../../src/domain/prompt-tokens.js'

const read = (prompt: string) => readPrompt(prompt, extraIdTokens, 'User')

describe('reading a prompt back', () => {
  it('gives the turns that the prompt was made of', () => {
    // Everything but the control strings may stand in a text, line ends at either end among it.
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'ü', ':', ',', '<', '日') })
    const label = fc.option(fc.constantFrom('quality:3,lang:en', 'x', null), { nil: undefined })
    const turns = fc.array(fc.tuple(text, label), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(turns, text, fc.constantFrom(extraIdTokens, controlTokens), (given, system, tokens) => {
        const spoken = given.map(([value, label], i) => ({ value, from: i % 2 ? 'Assistant' : 'User', label }))
        const { turn, label } = readPrompt(labelPrompt(system, spoken, tokens), tokens, 'User')
        expect(label).toBe('')
        expect(turn).toEqual({
          text: spoken.at(-1)!.value,
          before: spoken.at(-2)?.value ?? null,
          turnsBefore: spoken.length - 1,
          user: spoken.length % 2 === 1,
        })
      }),
    )
  })

  it('gives the part of the label that is there', () => {
    const prompt = labelPrompt('S', [{ value: 'Hello', from: 'User' }], extraIdTokens)
    expect(read(`${prompt}quality:4,toxicity:`).label).toBe('quality:4,toxicity:')
    expect(read(`${prompt}quality:4\n`).label).toBe('quality:4\n')
  })

  it('understands turns whose label comes first', () => {
    const { turn, label } = read('<extra_id_1>User\nhi\n<extra_id_1>Assistant\n<extra_id_2>quality:4\nan answer\n')
    expect(turn).toMatchObject({ text: 'an answer', before: 'hi', user: false })
    expect(label).toBeNull()
    const both = read('<extra_id_1>Assistant\n<extra_id_2>quality:4\nan answer\n<extra_id_2>qual')
    expect(both).toMatchObject({ turn: { text: 'an answer' }, label: 'qual' })
  })

  it('takes a text without turns as one turn', () => {
    expect(read('hi')).toEqual({
      turn: { text: 'hi', before: null, turnsBefore: 0, user: false },
      label: null,
      unspoken: false,
    })
    expect(read('hi\n<extra_id_2>qua')).toMatchObject({ turn: { text: 'hi' }, label: 'qua' })
  })

  it('sees that nobody has spoken yet', () => {
    expect(read('<extra_id_1>').unspoken).toBe(true)
    expect(read('<extra_id_1>Assist').unspoken).toBe(true)
    expect(read('<extra_id_1>Assistant\n').unspoken).toBe(false)
  })

  it('takes every text', () => {
    const parts = fc.constantFrom('<extra_id_0>', '<extra_id_1>', '<extra_id_2>', '\n', 'User', 'a', ':', '\ud800')
    fc.assert(fc.property(fc.string({ unit: parts }), prompt => void read(prompt)))
  })
})
