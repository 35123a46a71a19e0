import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Conversation, Turn } from '../../src/domain/conversation.js'
import { exampleConversation } from '../../src/domain/example-conversation.js'
import { contentsOf } from '../../src/domain/repeat.js'

const turns: Turn[] = [
  { value: 'hi', from: 'User' },
  { value: 'hello', from: 'Assistant' },
  { value: 'more', from: 'User' },
  { value: 'no', from: 'Assistant' },
]
const whole = exampleConversation(turns)

test('the contents of a beginning are the beginning of the contents', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), length => {
      const short = { ...whole, conversations: turns.slice(0, length) }
      expect(contentsOf(short)).toEqual(contentsOf(whole).slice(0, length))
    }),
  )
  expect(new Set(contentsOf(whole)).size).toBe(4)
})

const session = (name: string): Conversation => ({
  ...whole,
  steerflow: { ...whole.steerflow, lineage: { ...whole.steerflow.lineage, session: name } },
})

test.each<[string, Conversation]>([
  ['another tree', { ...whole, tree_id: 'other' }],
  ['another session', session('s')],
  ['another system prompt', { ...whole, system: 'other' }],
  ['another speaker that is not learnt', { ...whole, mask: 'Assistant' }],
  ['another type', { ...whole, type: 'TEXT_TO_VALUE' }],
  ['another attribute set', { ...whole, steerflow: { ...whole.steerflow, attribute_set: 'helpsteer-5@1' } }],
  ['a label', { ...whole, conversations: [{ ...turns[0]!, label: 'quality:4' }, ...turns.slice(1)] }],
  ['another first speaker', { ...whole, conversations: [{ ...turns[0]!, from: 'Assistant' }, ...turns.slice(1)] }],
])('%s makes every content another', (_, other) => {
  const known = new Set(contentsOf(whole))
  expect(contentsOf(other).filter(content => known.has(content))).toEqual([])
})

test('sessions of one name have the same contents', () => {
  expect(contentsOf(session('s'))).toEqual(contentsOf(session('s')))
})

test('a label of null says as little as none', () => {
  const unlabelled = { ...whole, conversations: turns.map(turn => ({ ...turn, label: null })) }
  expect(contentsOf(unlabelled)).toEqual(contentsOf(whole))
})
