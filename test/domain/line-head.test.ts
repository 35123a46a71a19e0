import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conversationLine } from '../../src/domain/conversation-line.js'
import type { Conversation } from '../../src/domain/conversation.js'
import { lineHead } from '../../src/domain/line-head.js'
import { answer } from '../support/rounds.js'
import { conversation as plain } from '../support/training.js'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '", "steerflow": {"id": "x", "scores": null, "value_model": null, "attribute_set": "a"}}',
    ', "tree_id": "b", "system": "", "mask": "", "type": "", "steerflow": {',
    '\\", "value_model": null, "attribute_set": "s"}}',
    '\\',
    '"',
  ),
)
const turn = fc.record({ value: text, from: text, label: fc.option(text) }, { requiredKeys: ['value', 'from'] })
const bootstrap = fc.record({
  round: text,
  prompt: fc.nat(),
  candidate: fc.nat(),
  seed: fc.nat(),
  asked: text,
  kept: fc.constantFrom('accepted' as const, 'negative' as const),
})
const conversation: fc.Arbitrary<Conversation> = fc.record({
  conversations: fc.array(turn, { minLength: 1, maxLength: 3 }),
  tree_id: text,
  system: text,
  mask: text,
  type: fc.constantFrom('TEXT_TO_VALUE', 'VALUE_TO_TEXT'),
  steerflow: fc.record(
    {
      id: text,
      split: fc.constantFrom('train', 'validation'),
      split_rule: text,
      origin: text,
      lineage: fc.record({ source: text, line: fc.nat(), configuration: text, models: fc.array(text) }),
      bootstrap,
      scores: fc.option(fc.array(fc.option(fc.dictionary(text, fc.double({ noNaN: true, noDefaultInfinity: true }))))),
      value_model: fc.option(text),
      attribute_set: text,
    },
    {
      noNullPrototype: true,
      requiredKeys: ['id', 'split', 'split_rule', 'origin', 'lineage', 'scores', 'value_model', 'attribute_set'],
    },
  ),
})
/** What a newer writer may have added: whole records too. */
const extra = fc.oneof(text, fc.record({ tree_id: text, steerflow: fc.record({ id: text }) }), conversation)

const headOf = ({ tree_id, steerflow: { id, split, origin, lineage } }: Conversation) => {
  const wellFormed = JSON.parse(
    Buffer.from(JSON.stringify([id, tree_id, origin, lineage.source])).toString(),
  ) as string[]
  const [ownId, tree, from, source] = wellFormed
  return { id: ownId, tree, split, origin: from, lineage: { source, line: lineage.line } }
}

describe('the head of a line', () => {
  it('is what the whole line says, whatever its texts hold', () => {
    fc.assert(
      fc.property(conversation, record => {
        expect(lineHead(Buffer.from(conversationLine(record)))).toEqual(headOf(record))
      }),
      { numRuns: 500 },
    )
  })

  it('is so too where a newer writer added keys', () => {
    fc.assert(
      fc.property(conversation, extra, extra, fc.boolean(), (record, outer, inner, both) => {
        const added = { ...record, outer, steerflow: { ...record.steerflow, ...(both ? { inner } : {}) } }
        expect(lineHead(Buffer.from(conversationLine(added)))).toEqual(headOf(record))
      }),
      { numRuns: 500 },
    )
  })

  it.each([plain('a'), answer('a')])('is read without the turns: of an answer of a round, too', record => {
    const whole = conversationLine(record)
    // What is no JSON would stop whoever read the turns.
    const damaged = whole.replace('"conversations": [{', '"conversations": [[[{')
    expect(lineHead(Buffer.from(damaged))).toEqual(headOf(record))
  })

  it('is read from a line that is spelled otherwise', () => {
    const own = { id: 'i', split: 'train', origin: 'o', lineage: { source: 's', line: 3 } }
    const line = JSON.stringify({ steerflow: own, tree_id: 't' })
    expect(lineHead(Buffer.from(line))).toEqual({ ...own, tree: 't' })
  })

  it.each(['', '{', '{}', '{"tree_id": "t", "steerflow": {}}', 'null'])('is refused where there is none: %j', line => {
    expect(() => lineHead(Buffer.from(line))).toThrow()
  })
})
