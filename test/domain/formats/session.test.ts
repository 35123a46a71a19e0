import { expect, test } from 'vitest'
import { sessionOf } from '../../../src/domain/formats/session.js'

test.each<[string, Record<string, unknown>, string | null]>([
  ['beside the turns', { session_id: 's', messages: [] }, 's'],
  ['as a number', { conversation_id: 7 }, '7'],
  ['as a number that JSON cannot hold', { conversation_id: 2 ** 60 }, `${2 ** 60}, line 1`],
  ['in the metadata', { metadata: { sessionId: 's' } }, 's'],
  ['in the request', { request: { conversation_id: 's' } }, 's'],
  ['in OTLP attributes', { attributes: [{ key: 'gen_ai.conversation.id', value: { stringValue: 's' } }] }, 's'],
  ['in attributes as an object', { attributes: { 'gen_ai.conversation.id': 's' } }, 's'],
  ['nowhere', { id: 'request', trace_id: 't', messages: [] }, null],
  ['empty', { session_id: '', metadata: { session_id: null } }, null],
])('the session that a record names %s', (_, record, session) => {
  expect(sessionOf(record, 'line 1')).toBe(session)
})
