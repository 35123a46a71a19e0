import { describe, expect, it } from 'vitest'
import { checkedFor, protocolOf, protocols } from '../../../../src/adapters/inference/protocols/protocols.js'
import { attributeSets } from '../../../../src/domain/attributes.js'
import { asked, bodyOf } from './asked.js'

const set = attributeSets['steerlm-9@1']
const withLanguage = attributeSets['oasst-12-lang@1']

describe('the table of protocols', () => {
  it.each(Object.keys(protocols))('makes %s under its name, without any option', name => {
    const protocol = protocolOf(name, {}, set)
    expect(protocol.name).toBe(name)
    expect(protocol.maxBatch).toBe(name === 'nemo-generate' ? 128 : name === 'triton-reward' ? 16 : 1)
    expect(protocol.gives).toBe(name.endsWith('-reward') ? 'scores' : 'text')
  })

  it('takes options', () => {
    expect(bodyOf(protocolOf('openai-chat', { model: 'm', guided: 'regex-vllm' }, set), asked('a', set))).toMatchObject(
      {
        model: 'm',
        structured_outputs: { regex: expect.stringContaining(',toxicity:') as string },
      },
    )
    expect(protocolOf('triton-reward', { model: 'rm' }, set).request([asked('a')]).path).toBe('/v2/models/rm/infer')
    expect(bodyOf(protocolOf('openai-reward', { model: 'rm' }, set), asked('a'))).toMatchObject({ model: 'rm' })
  })

  it.each([
    ['nemo', {}, 'no inference protocol is called nemo; known: nemo-generate, openai-completions'],
    ['toString', {}, 'no inference protocol is called toString'],
    ['nemo-generate', { model: 'm' }, 'model'],
    ['openai-completions', { guided: 'lark' }, 'guided'],
    ['openai-completions', { modell: 'm' }, 'modell'],
    ['openai-reward', { guided: 'gbnf' }, 'guided'],
    ['triton-reward', { model: 'a/../b' }, 'model'],
    ['triton-reward', null, 'options of a protocol'],
  ])('refuses %s with %j', (name, options, message) => {
    expect(() => protocolOf(name, options, set)).toThrow(
      expect.objectContaining({
        code: 'STEERFLOW_CONFIG_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    )
  })

  it('has no scores for a label that ends with a language', () => {
    for (const name of ['openai-reward', 'triton-reward']) {
      expect(() => protocolOf(name, {}, withLanguage)).toThrow(
        `${name} gives scores only, and the labels of oasst-12-lang@1 end with a language`,
      )
      expect(() => checkedFor(withLanguage, protocolOf(name, {}, set))).toThrow('use a set without one')
    }
    expect(protocolOf('openai-chat', {}, withLanguage).name).toBe('openai-chat')
  })
})
