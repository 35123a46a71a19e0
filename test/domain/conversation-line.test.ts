import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conversationLine, floatJson } from '../../src/domain/conversation-line.js'
import { Conversation } from '../../src/domain/conversation.js'

const conversation: Conversation = {
  conversations: [
    { value: 'Héllo "you"\n', from: 'User', label: null },
    { value: 'Hi', from: 'Assistant', label: 'quality:4', lang: 'en', gt_label: 'quality:3' },
  ],
  tree_id: 't1',
  system: 'S',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
  steerflow: {
    id: 'a'.repeat(64),
    split: 'train',
    split_rule: 'source',
    origin: 'oasst-tree',
    lineage: { source: 'b'.repeat(64), line: 1, configuration: 'c', models: [] },
    scores: [null, { quality: 4, toxicity: -0.25, humor: 1e-7 }],
    value_model: 'm',
    attribute_set: 'oasst-12@1',
  },
}

const line =
  '{"conversations": [{"value": "Héllo \\"you\\"\\n", "from": "User", "label": null}, ' +
  '{"value": "Hi", "from": "Assistant", "label": "quality:4", "lang": "en", "gt_label": "quality:3"}], ' +
  '"tree_id": "t1", "system": "S", "mask": "User", "type": "VALUE_TO_TEXT", ' +
  `"steerflow": {"id": "${'a'.repeat(64)}", "split": "train", "split_rule": "source", "origin": "oasst-tree", ` +
  `"lineage": {"source": "${'b'.repeat(64)}", "line": 1, "configuration": "c", "models": []}, ` +
  '"scores": [null, {"quality": 4.0, "toxicity": -0.25, "humor": 1e-7}], "value_model": "m", ' +
  '"attribute_set": "oasst-12@1"}}'

const rescored = [
  { value_model: 'n', attribute_set: 's@1', labels: ['quality:4', null], scores: [{ quality: 4 }, null] },
]

describe('conversationLine', () => {
  it('writes the labels of other models last, with scores that are floats', () => {
    const beside = { ...conversation, steerflow: { ...conversation.steerflow, rescored } }
    expect(conversationLine(beside)).toBe(
      line.slice(0, -2) +
        ', "rescored": [{"value_model": "n", "attribute_set": "s@1", "labels": ["quality:4", null], ' +
        '"scores": [{"quality": 4.0}, null]}]}}',
    )
  })

  it('writes the original keys in the original order, then steerflow', () => {
    expect(conversationLine(conversation)).toBe(line)
  })

  it('does not depend on the order in which the object was put together', () => {
    const reversed = (value: unknown): unknown =>
      typeof value !== 'object' || value === null
        ? value
        : Array.isArray(value)
          ? value.map(reversed)
          : Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, item]) => [key, key === 'scores' ? item : reversed(item)] as const),
            )
    expect(conversationLine(reversed(conversation) as Conversation)).toBe(line)
  })

  it('carries keys it does not know, before steerflow', () => {
    const odd = { constructor: { x: 1 }, ...conversation } as unknown as Conversation
    expect(conversationLine(odd)).toBe(line.replace('"steerflow"', '"constructor": {"x": 1}, "steerflow"'))
  })

  it('is read back as the same conversation', () => {
    expect(Conversation.parse(JSON.parse(conversationLine(conversation)))).toEqual(conversation)
  })
})

describe('floatJson', () => {
  it('always shows that it is no integer, and keeps the value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), value => {
        expect(floatJson(value)).toMatch(/[.e]/)
        expect(JSON.parse(floatJson(value)) === value).toBe(true)
      }),
    )
  })
})
