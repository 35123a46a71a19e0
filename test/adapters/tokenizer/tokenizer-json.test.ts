import { describe, expect, it } from 'vitest'
import { jsonBounds, readTokenizerJson } from '../../../src/adapters/tokenizer/tokenizer-json.js'
import { jsonModels, jsonText } from '../../support/tokenizer-json.js'

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'STEERFLOW_TOKENIZER', message: expect.stringMatching(message) as string }) as Error
const json = (model: unknown, more: object = {}) => JSON.stringify({ version: '1.0', ...more, model })
const vocab = { a: 0, b: 1 }

describe('readTokenizerJson', () => {
  it.each(jsonModels)('reads the pieces and special tokens of %s', name => {
    const { pieces, special } = readTokenizerJson(jsonText(name), name)
    expect(pieces).toBeGreaterThan(1000)
    expect(special.size).toBeGreaterThan(1)
    expect([...special.values()].filter(token => token.startsWith('<extra_id_'))).toHaveLength(
      ['nemotron', 'gemma', 'unigram'].includes(name) ? 3 : 0,
    )
  })

  it('does not count the token for what is unknown, which any text can get, nor added tokens that are not special', () => {
    const added_tokens = [
      { id: 0, content: '<unk>', special: true },
      { id: 1, content: '<s>', special: true },
      { id: 2, content: '<think>', special: false },
    ]
    expect([...readTokenizerJson(json({ vocab, unk_token: '<unk>' }, { added_tokens }), 'm').special]).toEqual([
      [1, '<s>'],
    ])
    expect([...readTokenizerJson(json({ vocab: [['a', 0]], unk_id: 0 }, { added_tokens }), 'm').special]).toEqual([
      [1, '<s>'],
    ])
  })

  it.each([
    [
      'a tokenizer_config.json',
      '{"tokenizer_class":"LlamaTokenizer","bos_token":"<s>"}',
      /tokenizer_config\.json: name/,
    ],
    ['one with a template', '{"chat_template":"{{ x }}"}', /tokenizer_config\.json/],
    [
      'special_tokens_map.json',
      '{"bos_token":"<s>","eos_token":"</s>"}',
      /special_tokens_map\.json: name the tokenizer\.json/,
    ],
    ['config.json', '{"architectures":["X"],"model_type":"llama"}', /config\.json of a model/],
    ['generation_config.json', '{"bos_token_id":1}', /generation_config\.json/],
    ['an index of weights', '{"metadata":{},"weight_map":{}}', /index of a model's weights/],
    ['vocab.json', '{"!":0,"a":1}', /vocab\.json, the half of a tokenizer/],
    ['tekken.json', '{"config":{"pattern":"x"},"vocab":[{"rank":0}]}', /tekken\.json/],
    ['an answer of a server', '{"error":"Access denied"}', /error that a server answered/],
    ['a list', '["a"]', /JSON, but no object/],
    ['any other object', '{"name":"x"}', /no tokenizer\.json: it has no "model"/],
    ['a tokenizer cut off', jsonText('qwen').slice(0, 9000), /damaged or cut off: fetch it again/],
    ['a model of an unknown type', json({ type: 'Bytes', vocab }), /of the type Bytes; known are BPE, Unigram/],
    ['a vocabulary of nothing', json({ type: 'BPE', vocab: {} }), /vocabulary is empty/],
    ['random tokens', json({ type: 'BPE', vocab, dropout: 0.1 }), /"dropout": 0\.1, so that its tokens are random/],
  ])('says of %s what it is and what to do', (_, text, is) => {
    expect(() => readTokenizerJson(text, 'f.json')).toThrow(refusal(is))
    expect(() => readTokenizerJson(text, 'f.json')).toThrow(/^f\.json is not a usable tokenizer: /)
  })

  it('takes as many pieces as there may be, of as many bytes, and refuses more, with the bound', () => {
    const { pieces, pieceBytes } = jsonBounds
    const many = (count: number) => json({ vocab: Array.from({ length: count }, () => ['a', 0]) })
    expect(readTokenizerJson(many(pieces), 'm').pieces).toBe(pieces)
    expect(() => readTokenizerJson(many(pieces + 1), 'm')).toThrow(
      refusal(/at most 1,048,576 pieces: name the tokenizer/),
    )
    expect(readTokenizerJson(json({ vocab: { ['é'.repeat(pieceBytes / 2)]: 0 } }), 'm').pieces).toBe(1)
    expect(() => readTokenizerJson(json({ vocab: { [`${'é'.repeat(pieceBytes / 2)}a`]: 0 } }), 'm')).toThrow(
      refusal(/^piece 0 of m has 4,097 bytes, .* at most 4,096 bytes a piece/),
    )
  })
})
