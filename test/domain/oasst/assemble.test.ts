import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assembleTree, isFlatMessage } from '../../../src/domain/oasst/assemble.js'

const message = (id: string, parent: string | null, more: object = {}) => ({
  message_id: id,
  parent_id: parent,
  message_tree_id: 't',
  text: id,
  role: 'prompter',
  ...more,
})

interface Node {
  readonly message_id: string
  readonly replies: readonly Node[]
  readonly labels?: unknown
}
const assemble = (messages: Parameters<typeof assembleTree>[0]) =>
  JSON.parse(assembleTree(messages)) as { message_tree_id: string; prompt: Node }
const shape = (node: Node): string => `${node.message_id}(${node.replies.map(shape).join(' ')})`

describe('assembleTree', () => {
  it('hangs replies under their parents, in the order of the messages', () => {
    const tree = assemble([
      message('c', 'b'),
      message('a', null),
      message('e', 'a'),
      message('b', 'a'),
      message('d', 'b'),
    ])
    expect(tree.message_tree_id).toBe('t')
    expect(shape(tree.prompt)).toBe('a(e() b(c() d()))')
  })

  it('finds the same tree whatever the order of unrelated messages', () => {
    const random = fc.array(fc.nat(), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(random, fc.integer(), (parents, rotation) => {
        const messages = parents.map((parent, index) =>
          message(String(index), index === 0 ? null : String(parent % index)),
        )
        const at = Math.abs(rotation) % messages.length
        const tree = assemble([...messages.slice(at), ...messages.slice(0, at)])
        const ids = [...shape(tree.prompt).matchAll(/\d+/g)].map(Number)
        expect(ids.sort((a, b) => a - b)).toEqual(messages.map((_, index) => index))
      }),
    )
  })

  it('takes labels in columns, in rows, and none', () => {
    const columns = { name: ['quality', 'spam'], value: [0.5, 0], count: [3, 3] }
    const rows = { quality: { value: 0.25, count: 1 } }
    const tree = assemble([
      message('a', null, { labels: columns }),
      message('b', 'a', { labels: rows }),
      message('c', 'a', { labels: null }),
    ])
    expect(tree.prompt.labels).toEqual({ quality: { value: 0.5 }, spam: { value: 0 } })
    expect(tree.prompt.replies.map(reply => reply.labels)).toEqual([rows, undefined])
  })

  it('goes down 50,000 levels', () => {
    const messages = Array.from({ length: 50_000 }, (_, index) =>
      message(String(index), index === 0 ? null : String(index - 1)),
    )
    expect(assembleTree(messages)).toContain('"message_id":"49999"')
  })

  it.each([
    ['one message without a parent is required, not 0', [message('a', 'b'), message('b', 'a')]],
    ['one message without a parent is required, not 2', [message('a', null), message('b', null)]],
    ['c: its parent "x" is not in the tree', [message('a', null), message('c', 'x')]],
    ['b: its parent "c" is not in the tree', [message('a', null), message('b', 'c'), message('c', 'b')]],
    ['a: two messages have this id', [message('a', null), message('a', null)]],
    ['b.parent_id: a text or null', [message('a', null), { ...message('b', null), parent_id: 5 }]],
  ])('refuses a tree that is none: %s', (problem, messages) => {
    expect(() => assembleTree(messages)).toThrow(
      expect.objectContaining({
        code: 'STEERFLOW_SOURCE_INVALID',
        message: expect.stringContaining(problem) as string,
      }),
    )
  })
})

describe('isFlatMessage', () => {
  it('tells a message from a tree', () => {
    expect(isFlatMessage(message('a', null))).toBe(true)
    expect(isFlatMessage({ ...message('a', null), replies: [] })).toBe(false)
    expect(isFlatMessage({ message_tree_id: 't', prompt: {} })).toBe(false)
  })
})
