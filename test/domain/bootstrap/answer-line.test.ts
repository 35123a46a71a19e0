import { expect, it } from 'vitest'
import { answerOfLine } from '../../../src/domain/bootstrap/answer-line.js'
import { conversationLine } from '../../../src/domain/conversation-line.js'
import { conversation } from '../../support/training.js'
import { answer } from '../../support/rounds.js'

it('reads the last turn of an answer of a round, and why it was kept', () => {
  const line = (kept: 'accepted' | 'negative') => Buffer.from(conversationLine(answer('a', { kept, text: 'Because…' })))
  expect(answerOfLine(line('accepted'))).toEqual({ text: 'Because…', kept: 'accepted' })
  expect(answerOfLine(line('negative'))).toEqual({ text: 'Because…', kept: 'negative' })
})

it('refuses a conversation that is no answer of a round', () => {
  expect(() => answerOfLine(Buffer.from(conversationLine(conversation('a'))))).toThrow()
})
