import { Conversation, Lineage, Provenance, Rescored, Turn } from './conversation.js'
import { pythonJson } from './json/python.js'

/** Writes a value as JSON text. */
type Write<T> = (value: T) => string

/**
 * Writes objects as JSON text in Python's style: the schema's keys in the schema's order, then keys it does not know in
 * the order in which they came, then `last`. What is undefined is left out.
 */
function objectWriter(
  shape: object,
  writers: Readonly<Record<string, Write<never>>> = {},
  last?: string,
): Write<object> {
  const known = new Set(Object.keys(shape))
  const memberWriter = (key: string): Write<object> => {
    const name = `, ${JSON.stringify(key)}: `
    const write: Write<never> = Object.hasOwn(writers, key) ? writers[key]! : pythonJson
    return value => {
      const item = (value as Readonly<Record<string, unknown>>)[key]
      return item === undefined ? '' : name + write(item as never)
    }
  }
  const first = [...known].filter(key => key !== last).map(memberWriter)
  const end = last === undefined ? () => '' : memberWriter(last)
  return value => {
    let members = ''
    for (const member of first) members += member(value)
    for (const key of Object.keys(value)) if (!known.has(key)) members += memberWriter(key)(value)
    return `{${(members + end(value)).slice(2)}}`
  }
}

/** A number as JSON text that no loader takes for an integer: loaders settle a column's type on the first they see. */
export const floatJson = (value: number): string => {
  const text = String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

const scoresJson = (scores: Readonly<Record<string, number>> | null): string =>
  scores === null
    ? 'null'
    : `{${Object.entries(scores)
        .map(([key, score]) => `${JSON.stringify(key)}: ${floatJson(score)}`)
        .join(', ')}}`

const turnJson: Write<Turn> = objectWriter(Turn.shape)

const turnScoresJson = (turns: Rescored['scores']): string => `[${turns.map(scoresJson).join(', ')}]`

const rescoredJson: Write<Rescored> = objectWriter(Rescored.shape, { scores: turnScoresJson })

const provenanceJson: Write<Provenance> = objectWriter(Provenance.shape, {
  lineage: objectWriter(Lineage.shape),
  scores: (turns: Provenance['scores']) => (turns === null ? 'null' : turnScoresJson(turns)),
  rescored: (entries: readonly Rescored[]) => `[${entries.map(rescoredJson).join(', ')}]`,
})

const conversationJson: Write<Conversation> = objectWriter(
  Conversation.shape,
  { conversations: (turns: readonly Turn[]) => `[${turns.map(turnJson).join(', ')}]`, steerflow: provenanceJson },
  'steerflow',
)

/**
 * A conversation as one line without its line end, on the wire and in a shard alike: the original scripts' keys in the
 * original's order and spelling, then `steerflow`. It depends on the values only, not on how the object was put
 * together. Scores always have a decimal point or an exponent.
 */
export const conversationLine = (conversation: Conversation): string => conversationJson(conversation)

/** The same without `steerflow`: byte for byte what the original scripts write. */
export const originalLine = (conversation: Omit<Conversation, 'steerflow'>): string =>
  conversationJson({ ...conversation, steerflow: undefined } as unknown as Conversation)
