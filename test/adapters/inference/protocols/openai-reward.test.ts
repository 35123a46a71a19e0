import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openAiReward } from '../../../../src/adapters/inference/protocols/openai-reward.js'
import { type AttributeSet, attributeSets } from '../../../../src/domain/attributes.js'
import { asked, bodyOf, reply, statuses } from './asked.js'

const five = attributeSets['helpsteer-5@1']
const one: AttributeSet = { name: 'one@1', attributes: [{ key: 'quality', min: 0, max: 4 }], language: false }
const protocol = openAiReward({ model: 'reward' }, five)
const scores = { helpfulness: 1.2578125, correctness: 0.5, coherence: -0.25, complexity: 2, verbosity: 3.5 }
const spelt = 'helpfulness:1.2578125,correctness:0.5,coherence:-0.25,complexity:2,verbosity:3.5'

const choice = (content: unknown, logprobs: unknown = null) => ({
  choices: [{ index: 0, message: { role: 'assistant', content }, logprobs }],
})
const tokens = (values: object) => ({
  content: Object.entries(values).map(([token, logprob]) => ({ token, logprob: logprob as unknown })),
})
const ok = { kind: 'ok', answers: [{ kind: 'scores', scores, tokens: null }] }

describe('a reward model behind chat completions', () => {
  it('is sent the conversation, the turn that is scored last', () => {
    const turns = [
      { value: 'Hi', from: 'User', label: 'quality:1' },
      { value: 'Hello', from: 'Assistant' },
    ]
    expect(bodyOf(protocol, { ...asked('x'), turn: { system: 'S', turns } })).toEqual({
      model: 'reward',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
      ],
      stream: false,
    })
    expect(bodyOf(openAiReward({}, five), asked('x'))).not.toHaveProperty('model')
  })

  it('gives scores in the text, or as tokens with a score above 0 in the field logprob', () => {
    expect(protocol.classify(reply(200, choice(spelt)), 1)).toEqual(ok)
    expect(protocol.classify(reply(200, choice(`${spelt.replaceAll(',', ', ')}\n`)), 1)).toEqual(ok)
    expect(protocol.classify(reply(200, choice(null, tokens(scores))), 1)).toEqual(ok)
    expect(protocol.classify(reply(200, choice('', tokens(scores))), 1)).toEqual(ok)
    expect(protocol.classify(reply(200, choice('a text', tokens(scores))), 1)).toEqual(ok)
  })

  it('may name them in any order, and more than are asked for', () => {
    const others = spelt.split(',').toReversed().concat('quality:1').join(',')
    expect(protocol.classify(reply(200, choice(others)), 1)).toEqual(ok)
  })

  it('reads any float that is written', () => {
    const floats = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(floats, values => {
        const named = Object.fromEntries(five.attributes.map(({ key }, index) => [key, values[index]!]))
        const content = Object.entries(named).map(([key, value]) => `${key}:${value}`)
        const verdict = protocol.classify(reply(200, choice(content.join(','))), 1)
        const expected = Object.fromEntries(Object.entries(named).map(([key, value]) => [key, Number(String(value))]))
        expect(verdict).toEqual({ kind: 'ok', answers: [{ kind: 'scores', scores: expected, tokens: null }] })
      }),
    )
  })

  it('with a single reward serves a set of one attribute, and no other', () => {
    const single = reply(200, choice('reward:-7.25'))
    expect(openAiReward({}, one).classify(single, 1)).toMatchObject({ answers: [{ scores: { quality: -7.25 } }] })
    expect(protocol.classify(single, 1)).toEqual({
      kind: 'unavailable',
      reason: 'the model gives a single reward, not the 5 attributes of helpsteer-5@1',
    })
  })

  it.each([
    ['an attribute missing', choice(spelt.replace('coherence:-0.25,', '')), 'no reward for coherence of helpsteer-5@1'],
    ['other attributes', choice('quality:1'), 'no reward for helpfulness, correctness'],
    ['no number', choice(spelt.replace('0.5', 'NaN')), 'no rewards: '],
    ['words', choice('It is a good answer.'), 'no rewards: '],
    ['no text', choice(null), 'no rewards: '],
    ['scores that are no numbers', choice(null, tokens({ helpfulness: 'x' })), 'no rewards: '],
    ['no choice', { choices: [] }, '0 choices for 1 conversations'],
    ['two choices', { choices: [...choice(spelt).choices, ...choice(spelt).choices] }, '2 choices'],
    ['an error within 200', { error: { message: 'no' } }, 'no choices: '],
    ['no JSON', '<html>', 'not JSON: '],
  ])('with status 200 is asked elsewhere: %s', (_, body, reason) => {
    expect(protocol.classify(reply(200, body), 1)).toEqual({
      kind: 'elsewhere',
      reason: expect.stringContaining(reason) as string,
    })
  })

  it.each(statuses)('is %s with status %i', (kind, status) => {
    expect(protocol.classify(reply(status, choice(spelt)), 1).kind).toBe(kind)
  })

  it('reads scores in a text as the expressions did that took long for many blanks', () => {
    const number = /^([^\s:]+)\s*:\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/
    const unit = fc.constantFrom(...' \n\t,:q.1e+-')
    const texts = fc.oneof(
      fc.string({ unit, maxLength: 12 }),
      fc.string({ unit, maxLength: 6 }).map(text => `${text}quality:1${text}`),
    )
    const single = openAiReward({}, one)
    fc.assert(
      fc.property(texts, text => {
        const pairs = text
          .trim()
          .split(/\s*,\s*/)
          .map(item => number.exec(item))
        const floats = pairs.every(pair => pair !== null)
          ? new Map(pairs.map(([, key, float]) => [key, Number(float)]))
          : null
        const value = floats?.get('quality')
        const verdict = single.classify(reply(200, choice(text)), 1)
        if (value === undefined) expect(verdict.kind).toBe('elsewhere')
        else expect(verdict).toMatchObject({ kind: 'ok', answers: [{ scores: { quality: value } }] })
      }),
      { numRuns: 2_000 },
    )
  })
})
