import { Conversation, Lineage, Provenance, Turn } from './conversation.js'
import { pythonJson } from './json/python.js'

/** A value of a key, as JSON text. */
type Writer = (value: never) => string

/**
 * An object as JSON text in Python's style: the schema's keys in the schema's order, then keys it does not know in the
 * order in which they came, then `last`. What is undefined is left out.
 */
function object(value: object, shape: object, writers: Readonly<Record<string, Writer>> = {}, last = ''): string {
  const entries = new Map(Object.entries(value))
  const known = Object.keys(shape).filter(key => key !== last)
  const unknown = [...entries.keys()].filter(key => key !== last && !Object.hasOwn(shape, key))
  const parts: string[] = []
  for (const key of [...known, ...unknown, last]) {
    const item: unknown = entries.get(key)
    if (item === undefined) continue
    const write = Object.hasOwn(writers, key) ? writers[key]! : pythonJson
    parts.push(`${JSON.stringify(key)}: ${write(item as never)}`)
  }
  return `{${parts.join(', ')}}`
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

const provenanceWriters = {
  lineage: (lineage: Lineage) => object(lineage, Lineage.shape),
  scores: (turns: Provenance['scores']) => (turns === null ? 'null' : `[${turns.map(scoresJson).join(', ')}]`),
}

const conversationWriters = {
  conversations: (turns: readonly Turn[]) => `[${turns.map(turn => object(turn, Turn.shape)).join(', ')}]`,
  steerflow: (provenance: Provenance) => object(provenance, Provenance.shape, provenanceWriters),
}

/**
 * A conversation as one line without its line end, on the wire and in a shard alike: the original scripts' keys in the
 * original's order and spelling, then `steerflow`. It depends on the values only, not on how the object was put
 * together. Scores always have a decimal point or an exponent.
 */
export const conversationLine = (conversation: Conversation): string =>
  object(conversation, Conversation.shape, conversationWriters, 'steerflow')
