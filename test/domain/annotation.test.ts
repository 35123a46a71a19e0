import { describe, expect, it } from 'vitest'
import { scoreTurns } from '../../src/domain/annotation.js'
import type { PromptTurn } from '../../src/domain/prompt.js'

const turns: PromptTurn[] = [
  { value: 'a', from: 'User', label: 'human:1' },
  { value: 'b', from: 'Assistant' },
  { value: 'c', from: 'User' },
]

describe('scoring turns', () => {
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
