import { describe, expect, it } from 'vitest'
import { conversationIn, wantedOf } from '../../../src/cli/trace/wanted.js'
import { conversationLine } from '../../../src/domain/conversation-line.js'
import { conversation } from '../../support/training.js'

const byId = wantedOf({ kind: 'id', id: 'a', conversation: null })
const byLine = wantedOf({ kind: 'line', source: 'file', line: 11 })

describe('a wanted record', () => {
  it('is found by its id, whatever else says the same', () => {
    const line = conversationLine(conversation('a'))
    expect(conversationIn(line, byId)?.steerflow.id).toBe('a')
    expect(conversationIn(conversationLine(conversation('b', { text: '"a"', tree: 'a' })), byId)).toBeNull()
    expect(conversationIn('"a"', byId)).toBeNull()
    expect(conversationIn('{"a"', byId)).toBeNull()
  })

  it('is found by the line of its source', () => {
    expect(conversationIn(conversationLine(conversation('x', { line: 11 })), byLine)).not.toBeNull()
    expect(conversationIn(conversationLine(conversation('x', { line: 111 })), byLine)).toBeNull()
    expect(conversationIn(conversationLine(conversation('x', { line: 11, source: 'f' })), byLine)).toBeNull()
  })
})
