import { describe, expect, it } from 'vitest'
import { labelPrompt, labelUpTo, scoreTurns, type PromptTurn } from '../../src/domain/prompt.js'
import { controlTokens, extraIdTokens } from '../../src/domain/prompt-tokens.js'

describe('the prompt of a turn', () => {
  const turns = [
    { value: 'Hi {there}', from: 'User', label: 'quality:1' },
    { value: 'Hello', from: 'Assistant', label: null },
    { value: 'Bye', from: 'User' },
    { value: 'Ciao', from: 'Assistant', label: 'not part of the prompt' },
  ]

  it('holds the earlier turns with their labels, and adds no line end behind the system prompt', () => {
    expect(labelPrompt('Be good.', turns.slice(0, 1), extraIdTokens)).toBe(
      '<extra_id_0>System\nBe good.<extra_id_1>User\nHi {there}\n<extra_id_2>',
    )
    expect(labelPrompt('Be good.\n\n', turns, extraIdTokens)).toBe(
      '<extra_id_0>System\nBe good.\n\n<extra_id_1>User\nHi {there}\n<extra_id_2>quality:1\n' +
        '<extra_id_1>Assistant\nHello\n<extra_id_2>None\n<extra_id_1>User\nBye\n<extra_id_1>Assistant\nCiao\n<extra_id_2>',
    )
  })

  it('takes other prompt tokens', () => {
    expect(labelPrompt('S', turns.slice(2, 3), controlTokens)).toBe('\x00System\nS\x11User\nBye\n\x12')
  })

  it('asks for a key after the label so far', () => {
    expect(labelUpTo('', 'quality')).toBe('quality:')
    expect(labelUpTo('quality:4', 'toxicity')).toBe('quality:4,toxicity:')
  })
})

describe('scoring turns', () => {
  const turns: PromptTurn[] = [
    { value: 'a', from: 'User', label: 'human:1' },
    { value: 'b', from: 'Assistant' },
    { value: 'c', from: 'User' },
  ]

  it('shows each turn the predicted labels of those before', async () => {
    const seen: PromptTurn[][] = []
    const scored = await scoreTurns(turns, 'all', async shown => {
      seen.push([...shown])
      return { label: `q:${shown.length}` }
    })
    expect(scored.map(score => score?.label)).toEqual(['q:1', 'q:2', 'q:3'])
    expect(seen[2]).toEqual([
      { value: 'a', from: 'User', label: 'q:1' },
      { value: 'b', from: 'Assistant', label: 'q:2' },
      { value: 'c', from: 'User' },
    ])
  })

  it('leaves user turns as they are when only the assistant is scored', async () => {
    const seen: PromptTurn[][] = []
    const scored = await scoreTurns(turns, 'assistant', async shown => {
      seen.push([...shown])
      return { label: 'q:1' }
    })
    expect(scored).toEqual([null, { label: 'q:1' }, null])
    expect(seen).toEqual([turns.slice(0, 2)])
  })
})
