import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultFanout } from '../../../src/domain/fanout.js'
import { helpSteer } from '../../../src/domain/formats/helpsteer.js'
import { pythonJson } from '../../../src/domain/json/json.js'
import { parseLabel } from '../../../src/domain/label-line.js'
import { alignerSystemPrompt } from '../../../src/domain/system-prompt.js'
import { detectFormat, sourceFormats } from '../../../src/domain/formats/index.js'

const read = (record: Record<string, unknown>) => detectFormat(record).read(record, defaultFanout)
const said = (record: Record<string, unknown>) =>
  read(record).map(({ turns, system }) => ({ system, turns: turns.map(turn => `${turn.from}: ${turn.value}`) }))

describe('sourceFormats', () => {
  it.each([
    ['oasst-tree', { message_tree_id: 't', prompt: { text: 'a' } }],
    ['helpsteer', { prompt: 'p', response: 'r', helpfulness: 1 }],
    ['steerlm', { conversations: [], system: '', mask: 'User', type: null }],
    ['sharegpt', { id: 'x', conversations: [] }],
    ['openai-messages', { messages: [] }],
  ])('tells %s by its keys', (name, record) => {
    expect(detectFormat(record).name).toBe(name)
  })

  it('have names of their own', () => {
    expect(new Set(sourceFormats.map(format => format.name)).size).toBe(sourceFormats.length)
  })
})

describe('sharegpt', () => {
  it('reads speakers and a system prompt', () => {
    const conversations = [
      { from: 'system', value: 's' },
      { from: 'human', value: 'a' },
      { from: 'gpt', value: 'b', weight: 1 },
    ]
    expect(said({ conversations })).toEqual([{ system: 's', turns: ['User: a', 'Assistant: b'] }])
  })
})

describe('openai-messages', () => {
  it('joins the parts of a content', () => {
    const parts = [
      { type: 'text', text: 'b' },
      { type: 'text', text: 'c' },
    ]
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: parts },
    ]
    expect(said({ messages })).toEqual([{ system: null, turns: ['User: a', 'Assistant: bc'] }])
  })
})

describe('helpsteer', () => {
  it('labels the response', () => {
    const ratings = { helpfulness: 4, correctness: 3, coherence: 4, complexity: 1, verbosity: 2 }
    expect(read({ prompt: 'p', response: 'r', ...ratings })[0]!.turns).toEqual([
      { value: 'p', from: 'User', label: null },
      {
        value: 'r',
        from: 'Assistant',
        label: 'helpfulness:4,correctness:3,coherence:4,complexity:1,verbosity:2',
      },
    ])
  })
})

describe('steerlm', () => {
  it('passes the original’s records through', () => {
    const line = readFileSync('test/golden/data/preprocess/quirks/quirks_train.jsonl', 'utf8').split('\n')[0]!
    const { conversations, tree_id, system, mask } = JSON.parse(line) as Record<string, unknown>
    expect(read(JSON.parse(line) as Record<string, unknown>)).toEqual([
      { turns: conversations, treeId: tree_id, system, mask },
    ])
  })
})

describe('what is wrong in a source', () => {
  const human = { from: 'human', value: 'a' }
  it.each([
    ['conversations[1].value', { conversations: [human, { from: 'gpt' }] }],
    ['conversations[1]: role tool', { conversations: [human, { from: 'tool', value: 'b' }] }],
    ['conversations[1]: unknown speaker "toString"', { conversations: [human, { from: 'toString', value: 'b' }] }],
    ['conversations[1]: a system prompt', { conversations: [human, { from: 'system', value: 'b' }] }],
    ['at least two turns', { conversations: [human] }],
    ['conversations[1]: half of a surrogate pair', { conversations: [human, { from: 'gpt', value: '\udc00' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: [{ type: 'image' }] }] }],
    ['messages[0]: role tool', { messages: [{ role: 'tool', content: 'x' }] }],
    ['correctness', { prompt: 'p', response: 'r', helpfulness: 1 }],
    ['helpfulness', { prompt: 'p', response: 'r', helpfulness: 9 }],
    ['mask: nobody', { conversations: [turn('x'), turn('y')], system: '', mask: 'Z', type: 'TEXT_TO_VALUE' }],
    ['conversations[0].label: half', { conversations: [turn('\ud800'), turn('y')], system: '', mask: 'A' }],
  ])('is named: %s', (problem, record) => {
    expect(() => read(record)).toThrow(
      expect.objectContaining({
        code: 'STEERFLOW_SOURCE_INVALID',
        message: expect.stringContaining(problem) as string,
      }),
    )
  })
})

function turn(label: string) {
  return { value: 'v', from: 'A', label }
}

describe('helpsteer, beside the original’s files', () => {
  it.each(['train', 'val'])('labels rows as the original does: %s', file => {
    const lines = readFileSync(`test/golden/data/preprocess/helpsteer/hs1/${file}.jsonl`, 'utf8').trimEnd().split('\n')
    for (const line of lines) {
      // The rows themselves were not kept: they follow from what was made of them.
      const { conversations } = JSON.parse(line) as { conversations: { value: string; label: string | null }[] }
      const ratings = parseLabel(conversations[1]!.label!).scores
      const row = { prompt: conversations[0]!.value, response: conversations[1]!.value, ...ratings }
      const [read] = helpSteer.read(row, defaultFanout)
      const shared = { system: alignerSystemPrompt, mask: 'User', type: 'VALUE_TO_TEXT' }
      expect(pythonJson({ conversations: read!.turns, ...shared })).toBe(line)
    }
  })
})
