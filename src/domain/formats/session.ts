import { attributesOf } from './otlp-span.js'
import { isFields, type Fields } from './meaning.js'

/**
 * Keys by which logs name the session of a request: the requests of one session repeat each other's turns. An id of a
 * trace or of a request is none.
 */
const keys = [
  'session_id',
  'sessionId',
  'session.id',
  'conversation_id',
  'conversationId',
  'conversation_hash',
  'gen_ai.conversation.id',
  'thread_id',
  'threadId',
  'chat_id',
  'chatId',
]

/** Places beside the record itself. */
const places = ['metadata', 'attributes', 'request']

/**
 * The session that a record names; null if it names none.
 * @param unlike a text that no other record has
 */
export function sessionOf(record: Fields, unlike: string): string | null {
  for (const fields of [record, ...places.map(place => placeIn(record, place))]) {
    for (const key of keys) {
      const value = fields[key]
      if (typeof value === 'string' && value !== '') return value
      // A number that JSON cannot hold exactly would make one session of two: such a row is compared with no other.
      if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : `${value}, ${unlike}`
    }
  }
  return null
}

const placeIn = (record: Fields, place: string): Fields => {
  const value = record[place]
  if (Array.isArray(value)) return attributesOf(value)
  return isFields(value) ? value : {}
}
