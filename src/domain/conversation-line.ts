import { Conversation, Lineage, Provenance, Rescored, Turn } from './conversation.js'
import { pythonJson } from './json/json.js'

/** Writes a value as JSON text. */
type Write<T> = (value: T) => string

/** Writes a value as pythonJson does, with a short cut for strings and null. */
const scalarJson = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : pythonJson(value)

/** Keys as written in a line, `"key": `. They are few, and each is written millions of times. */
const spelledKeys = new Map<string, string>()
function spelledKey(key: string): string {
  const known = spelledKeys.get(key)
  if (known !== undefined) return known
  const spelled = `${JSON.stringify(key)}: `
  // Keys come from records: a source with ever new keys would fill the memory.
  if (spelledKeys.size < 1_000) spelledKeys.set(key, spelled)
  return spelled
}

/**
 * Writes objects as JSON text in Python's style: the schema's keys in the schema's order, then unknown keys in their own
 * order, then `last`. Undefined values are left out.
 */
function objectWriter(
  shape: object,
  writers: Readonly<Record<string, Write<never>>> = {},
  last?: string,
): Write<object> {
  const known = new Set(Object.keys(shape))
  const member = (key: string) => ({
    key,
    name: `, ${JSON.stringify(key)}: `,
    write: (Object.hasOwn(writers, key) ? writers[key]! : scalarJson) as Write<unknown>,
  })
  const first = [...known].filter(key => key !== last).map(member)
  const end = last === undefined ? null : member(last)
  return object => {
    const value = object as Readonly<Record<string, unknown>>
    let members = ''
    let written = 0
    for (const { key, name, write } of first) {
      const item = value[key]
      if (item === undefined) continue
      members += name + write(item)
      written++
    }
    const rest = end && value[end.key]
    if (rest !== null && rest !== undefined) written++
    // The keys are counted first, since almost no object has unknown ones.
    const keys = Object.keys(value)
    if (keys.length !== written) {
      for (const key of keys) {
        const item = value[key]
        if (!known.has(key) && item !== undefined) members += `, ${spelledKey(key)}${pythonJson(item)}`
      }
    }
    if (end && rest !== undefined) members += end.name + end.write(rest)
    return `{${members.slice(2)}}`
  }
}

/** A number as JSON text that no loader takes for an integer: loaders fix a column's type by its first value. */
export function floatJson(value: number): string {
  // From 1e21 on, JavaScript writes an exponent.
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value)
}

function scoresJson(scores: Readonly<Record<string, number>> | null): string {
  if (scores === null) return 'null'
  let members = ''
  for (const key in scores) {
    if (members !== '') members += ', '
    members += spelledKey(key) + floatJson(scores[key]!)
  }
  return `{${members}}`
}

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
 * A conversation as one line without its line end, the same on the wire and in a shard: the original scripts' keys in their
 * order and spelling, then `steerflow`. The text depends on the values only, not on how the object was built. Scores always
 * have a decimal point or an exponent.
 */
export const conversationLine = (conversation: Conversation): string => conversationJson(conversation)

/** The same without `steerflow`: byte for byte the line of the original scripts. */
export const originalLine = (conversation: Omit<Conversation, 'steerflow'>): string =>
  conversationJson({ ...conversation, steerflow: undefined } as unknown as Conversation)
