import { describe, expect, it } from 'vitest'
import { findControlToken } from '../../src/domain/control-tokens.js'

const conversation = (value: string, label: string | null = null, from = 'User', system = 'A chat.') => ({
  system,
  conversations: [
    { value: 'fine', from: 'User' },
    { value, from, label },
  ],
})

describe('findControlToken', () => {
  it.each([
    ['system', conversation('', null, 'User', 'a<x>')],
    ['conversations.1.from', conversation('', null, '<x>')],
    ['conversations.1.value', conversation('say <x>!')],
    ['conversations.1.label', conversation('', 'quality:<x>')],
  ])('finds it in %s', (place, given) => {
    expect(findControlToken(given, ['<y>', '<x>'])).toEqual({ token: '<x>', place })
  })

  it('finds nothing where there is nothing, and without tokens', () => {
    expect(findControlToken(conversation('<x'), ['<x>'])).toBeNull()
    expect(findControlToken(conversation('<x>'), [])).toBeNull()
  })

  it('names the first place in reading order', () => {
    expect(findControlToken(conversation('<b>', '<a>'), ['<a>', '<b>'])).toEqual({
      token: '<b>',
      place: 'conversations.1.value',
    })
  })
})
