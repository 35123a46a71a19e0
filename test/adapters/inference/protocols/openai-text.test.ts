import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guidedFields } from '../../../../src/adapters/inference/protocols/guided.js'
import {
  openAiChat,
  OpenAiOptions,
  openAiCompletions,
} from '../../../../src/adapters/inference/protocols/openai-text.js'
import { attributeSets } from '../../../../src/domain/attributes.js'
import { labelGrammar, labelRegex } from '../../../../src/domain/label-grammar.js'
import { asked, bodyOf, reply, statuses } from './asked.js'

const set = attributeSets['oasst-12@1']
const completions = openAiCompletions(OpenAiOptions.parse({ model: 'value' }))
const chat = openAiChat(OpenAiOptions.parse({}))
const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }

const limits = {
  max_tokens: 7,
  temperature: 0,
  top_p: 1,
  n: 1,
  stream: false,
  stop: ['\n', '<extra_id_1>'],
}

describe('a request', () => {
  it('continues the prompt greedily', () => {
    expect(completions.request([asked('a')])).toMatchObject({ method: 'POST', path: '/v1/completions' })
    expect(bodyOf(completions, asked('a'))).toEqual({ model: 'value', prompt: 'a', ...limits })
  })

  it('draws an answer as it is told to', () => {
    const drawn = { temperature: 0.7, topP: 0.9, topK: 0, seed: 5 }
    const { temperature: _, top_p: __, ...rest } = limits
    const sampled = { ...rest, model: 'value', prompt: 'a', temperature: 0.7, top_p: 0.9 }
    expect(bodyOf(completions, { ...asked('a'), sampling: drawn })).toEqual({ ...sampled, seed: 5 })
    expect(bodyOf(completions, { ...asked('a'), sampling: { ...drawn, topK: 50, seed: null } })).toEqual({
      ...sampled,
      top_k: 50,
    })
  })

  it('to a chat holds the prompt as one message, and no model where none is named', () => {
    expect(chat.request([asked('a')])).toMatchObject({ method: 'POST', path: '/v1/chat/completions' })
    expect(bodyOf(chat, asked('a'))).toEqual({ messages: [{ role: 'user', content: 'a' }], ...limits })
  })

  it('carries any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(bodyOf(completions, asked(text))).toMatchObject({ prompt: text })
      }),
    )
  })

  it.each([
    ['none', {}],
    ['gbnf', { grammar: labelGrammar(set) }],
    ['regex-vllm', { structured_outputs: { regex: labelRegex(set) } }],
    ['regex-vllm-before-0.12', { guided_regex: labelRegex(set) }],
    ['regex-sglang', { regex: labelRegex(set) }],
    ['regex-nim', { nvext: { guided_regex: labelRegex(set) } }],
  ] as const)('is guided by %s for label lines only', (guided, fields) => {
    const protocol = openAiCompletions({ guided })
    expect(bodyOf(protocol, asked('a', set))).toEqual({ prompt: 'a', ...limits, ...fields })
    expect(bodyOf(protocol, asked('a'))).toEqual({ prompt: 'a', ...limits })
    expect(guidedFields(guided, null)).toEqual({})
  })
})

const completion = (choice: object | null, more: object = {}) => ({
  choices: choice ? [{ index: 0, text: '3', finish_reason: 'stop', ...choice }] : [],
  usage,
  ...more,
})

describe('a reply', () => {
  it('is the continuation, with the tokens that were counted', () => {
    const answer = { kind: 'continuation', text: '3', finish: 'stop', tokens: { prompt: 12, completion: 3 } }
    expect(completions.classify(reply(200, completion({})), 1)).toEqual({ kind: 'ok', answers: [answer] })
    const message = { choices: [{ message: { role: 'assistant', content: '3' }, finish_reason: 'length' }], usage }
    expect(chat.classify(reply(200, message), 1)).toEqual({ kind: 'ok', answers: [{ ...answer, finish: 'length' }] })
  })

  it.each([
    ['absent', undefined],
    ['null', null],
    ['of other names', { input_tokens: 1 }],
    ['negative', { prompt_tokens: 1, completion_tokens: -1 }],
    ['no numbers', { prompt_tokens: '1', completion_tokens: '1' }],
  ])('counts no tokens when they are %s', (_, given) => {
    expect(completions.classify(reply(200, completion({}, { usage: given })), 1)).toMatchObject({
      kind: 'ok',
      answers: [{ tokens: null }],
    })
  })

  it('counts no tokens for several choices, of which servers count one', () => {
    const two = { ...completion({}), choices: [completion({}).choices[0], completion({}).choices[0]] }
    expect(completions.classify(reply(200, two), 2)).toMatchObject({
      kind: 'ok',
      answers: [{ tokens: null }, { tokens: null }],
    })
  })

  it.each([
    ['broken off: null', completion({ finish_reason: null })],
    ['broken off: absent', completion({ finish_reason: undefined })],
    ['broken off: empty, as NeMo has it', completion({ finish_reason: '' })],
    ['broken off: abort', completion({ finish_reason: 'abort' })],
    ['broken off: content_filter', completion({ finish_reason: 'content_filter' })],
    ['no choice', completion(null)],
    ['two choices', { choices: [completion({}).choices[0], completion({}).choices[0]], usage }],
    ['an empty text', completion({ text: '' })],
    ['no text', completion({ text: undefined })],
    ['a chat message', { choices: [{ message: { content: '3' }, finish_reason: 'stop' }], usage }],
    ['a number as text', completion({ text: 3 })],
    ['an error within 200', { error: { code: 500, message: 'no' } }],
    ['null', 'null'],
    ['a string', '"top_p must be"'],
    ['no JSON', '<html>'],
    ['half of a body', JSON.stringify(completion({})).slice(0, 40)],
    ['nothing', ''],
  ])('with status 200 is tried elsewhere: %s', (_, body) => {
    expect(completions.classify(reply(200, body), 1)).toMatchObject({ kind: 'elsewhere' })
  })

  it.each([['eos_token'], ['stop_sequence'], ['length']])('may end with %s', reason => {
    expect(completions.classify(reply(200, completion({ finish_reason: reason })), 1).kind).toBe('ok')
  })

  it.each(statuses)('is %s with status %i', (kind, status) => {
    expect(completions.classify(reply(status, ''), 1).kind).toBe(kind)
    expect(chat.classify(reply(status, completion({})), 1).kind).toBe(kind)
  })

  it('says what a server said', () => {
    const error = { code: 400, message: 'too long', type: 'exceed_context_size_error', n_prompt_tokens: 9, n_ctx: 8 }
    expect(completions.classify(reply(400, { error }), 1)).toMatchObject({
      kind: 'poison',
      reason: expect.stringContaining('exceed_context_size_error') as string,
    })
    const loading = { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }
    expect(completions.classify(reply(503, loading, { 'retry-after': '2' }), 1)).toMatchObject({
      kind: 'overloaded',
      retryAfterMs: 2000,
    })
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.integer({ min: 100, max: 599 }), (body, status) => {
        expect(['elsewhere', 'poison', 'unavailable', 'overloaded']).toContain(
          completions.classify(reply(status, body), 1).kind,
        )
      }),
    )
  })
})
