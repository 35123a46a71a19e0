import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerEnds, answerPrompt, continuationOf, readAnswerText } from '../../src/domain/answer-prompt.js'
import { render } from '../../src/domain/mask/render.js'
import { controlTokens, extraIdTokens } from '../../src/domain/prompt-tokens.js'
import { nemoSystemPrompt } from '../../src/domain/system-prompt.js'

const label = 'quality:4,toxicity:0'
const question = { from: 'User', value: 'Why?', label: null }

describe('the prompt of an answer', () => {
  it('is the conversation as in training, as far as the attribute line of the answer', () => {
    expect(answerPrompt({ system: nemoSystemPrompt, turns: [question], label }, extraIdTokens)).toBe(
      `<extra_id_0>System\n${nemoSystemPrompt}\n<extra_id_1>User\nWhy?\n<extra_id_1>Assistant\n<extra_id_2>${label}\n`,
    )
  })

  it('begins every training text of such a conversation', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    const line = fc.option(fc.constantFrom('quality:4', 'quality:0,lang:en'))
    const pair = fc.record({ question: text, answer: text, label: line })
    fc.assert(
      fc.property(fc.array(pair), text, text, text, fc.boolean(), (pairs, system, last, reply, control) => {
        const tokens = control ? controlTokens : extraIdTokens
        const turns = [
          ...pairs.flatMap(one => [
            { from: 'User', value: one.question, label: null },
            { from: 'Assistant', value: one.answer, label: one.label },
          ]),
          { from: 'User', value: last, label: null },
        ]
        const answered = [...turns, { from: 'Assistant', value: reply, label }]
        const training = render({ conversations: answered, system, mask: 'User', type: 'VALUE_TO_TEXT' }, tokens)
        const whole = training.header + training.turns.map(turn => turn.text).join('') + training.tail
        const prompt = answerPrompt({ system, turns, label }, tokens)
        expect(whole).toBe(`${prompt}${reply.toWellFormed()}\n${tokens.turn}`)
      }),
    )
  })
})

describe('an answer', () => {
  it.each([
    ['Because.\n<extra_id_1>User\nmore', 'length', { text: 'Because.', finish: 'stop' }],
    ['Because.\n', 'stop', { text: 'Because.', finish: 'stop' }],
    ['Because\n\nof that', 'length', { text: 'Because\n\nof that', finish: 'length' }],
    ['Because<|endoftext|>', null, { text: 'Because', finish: 'stop' }],
    ['', 'stop', { text: '', finish: 'stop' }],
    ['quality:4', null, { text: 'quality:4', finish: null }],
    ['<extra_id_2>quality:4', 'length', { text: '<extra_id_2>quality:4', finish: 'length' }],
  ] as const)('is read out of %j', (continuation, finish, read) => {
    expect(readAnswerText(continuation, finish, extraIdTokens)).toEqual(read)
  })

  it('ends where the next turn begins', () => expect(answerEnds(controlTokens)).toEqual(['\x11', '<|endoftext|>']))

  it('is found in a sentence of which the tokenizer changed the prompt', () => {
    const prompt = answerPrompt({ system: 's', turns: [question], label }, controlTokens)
    expect(continuationOf(`${prompt}Hello`, prompt, label)).toBe('Hello')
    expect(continuationOf(`${prompt.replaceAll(/[\x00\x11\x12]/g, ' ')}Hello`, prompt, label)).toBe('Hello')
    expect(continuationOf('Hello', prompt, label)).toBeNull()
  })

  it('is found behind the last of several such lines, and may hold one itself', () => {
    const before = { from: 'Assistant', value: 'so', label }
    const prompt = answerPrompt({ system: 's', turns: [question, before, question], label }, extraIdTokens)
    const changed = `  ${prompt}`
    expect(continuationOf(`${changed}a ${label}\nb`, prompt, label)).toBe(`a ${label}\nb`)
  })
})
