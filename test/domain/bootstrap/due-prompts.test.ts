import { describe, expect, it } from 'vitest'
import { contexts, firstTurn, lastDue, promptId } from '../../../src/domain/bootstrap/due-prompts.js'
import type { Turn } from '../../../src/domain/conversation.js'

/** Turns of `U` and `A`, their text is their number. */
const spoken = (speakers: string) => ({
  system: 'S',
  mask: 'User',
  turns: [...speakers].map((speaker, index): Turn => {
    return { value: String(index), from: speaker === 'U' ? 'User' : 'Assistant', label: `quality:${index}` }
  }),
})

const said = (prompt: { turns: readonly Turn[]; reference: string | null } | null) =>
  prompt && `${prompt.turns.map(({ value }) => value).join('')}>${prompt.reference}`

describe('where an answer is due', () => {
  it.each([
    ['UAUA', ['0>1', '012>3'], '0>1', '012>3'],
    ['UAU', ['0>1'], '0>1', '012>null'],
    ['U', [], null, '0>null'],
    ['A', [], null, null],
    ['AUA', ['01>2'], '01>2', '01>2'],
    ['UAAU', ['0>1', '01>2'], '0>1', '0123>null'],
  ])('%s', (speakers, all, first, last) => {
    const conversation = spoken(speakers)
    expect(contexts(conversation).map(said)).toEqual(all)
    expect(said(firstTurn(conversation))).toBe(first)
    expect(said(lastDue(conversation))).toBe(last)
  })

  it('keeps the labels of the turns, and says who answers', () => {
    const [prompt] = contexts(spoken('UA'))
    expect(prompt).toMatchObject({ system: 'S', mask: 'User', speaker: 'Assistant', turns: [{ label: 'quality:0' }] })
  })
})

describe('the id of a prompt', () => {
  const turns = [{ from: 'User', value: 'Why?' }]
  it('depends on what is said and by whom, not on labels', () => {
    const [labelled] = contexts({
      ...spoken('UA'),
      turns: [{ ...turns[0]!, label: 'quality:1' }, spoken('A').turns[0]!],
    })
    expect(labelled!.prompt_id).toBe(promptId('S', turns))
    const others = [promptId('T', turns), promptId('S', []), promptId('S', [{ from: 'Assistant', value: 'Why?' }])]
    expect(new Set([labelled!.prompt_id, ...others]).size).toBe(4)
  })
})
