import { expect, it } from 'vitest'
import { readPromptLine } from '../../../src/domain/bootstrap/prompt-line.js'
import { nemoSystemPrompt } from '../../../src/domain/system-prompt.js'

const read = (record: unknown) => readPromptLine(JSON.stringify(record))

it('a line may be a prompt alone, with the system prompt of the training data unless it names one', () => {
  const turns = [{ value: 'Why?', from: 'User' }]
  expect(read({ prompt: 'Why?', id: 7 })).toEqual({ system: nemoSystemPrompt, mask: 'User', turns, tree_id: null })
  expect(read({ prompt: 'Why?', system: 'S' }).system).toBe('S')
})

it('a line may be a conversation, with its labels, in our words or in those of ShareGPT', () => {
  const conversations = [
    { from: 'human', value: 'Why?', label: null, lang: 'en' },
    { from: 'gpt', value: 'So.', label: 'quality:3' },
  ]
  expect(read({ conversations, tree_id: 't', mask: 'User', system: 'S', steerflow: {} })).toEqual({
    system: 'S',
    mask: 'User',
    turns: [
      { from: 'User', value: 'Why?', label: null },
      { from: 'Assistant', value: 'So.', label: 'quality:3' },
    ],
    tree_id: 't',
  })
  expect(read({ conversations: [{ from: 'constructor', value: '' }] }).turns[0]!.from).toBe('constructor')
})

it.each(['', '{', '[]', '{"prompt":""}', '{"prompt":7}', '{"conversations":[]}', '{"text":"Why?"}'])(
  '%j is refused',
  line => {
    expect(() => readPromptLine(line)).toThrow(expect.objectContaining({ code: 'STEERFLOW_ROUND_INVALID' }) as Error)
  },
)
