import { Conversation } from '../../domain/conversation.js'
import { loosen } from '../../domain/loose.js'
import type { TraceSubject } from './subject.js'

/** A search for records: a quick text test, and an exact test of parsed records. */
export interface Wanted {
  /** True if a line or value may contain such a record; others are skipped unparsed. */
  readonly mayBeIn: (text: string | Buffer) => boolean
  readonly matches: (conversation: Conversation) => boolean
}

/** The search for a subject. */
export function wantedOf(subject: TraceSubject): Wanted {
  if (subject.kind === 'id') {
    const { id } = subject
    // This also finds records that it became: a record lists its earlier ids.
    return {
      mayBeIn: text => text.includes(JSON.stringify(id)),
      matches: ({ steerflow: { id: own, lineage } }) =>
        own === id || (lineage.changes ?? []).some(({ parent }) => parent === id),
    }
  }
  const { source, line } = subject
  return {
    // Two spellings: that of conversations, and that of all other records.
    mayBeIn: text =>
      text.includes(`"source": ${JSON.stringify(source)}, "line": ${line},`) ||
      text.includes(`"source":${JSON.stringify(source)},"line":${line},`),
    matches: ({ steerflow: { lineage } }) => lineage.source === source && lineage.line === line,
  }
}

/** The search for records with these ids. */
export const anyOf = (ids: ReadonlySet<string>): Wanted => ({
  mayBeIn: text => [...ids].some(id => text.includes(JSON.stringify(id))),
  matches: ({ steerflow }) => ids.has(steerflow.id),
})

const asConversation = loosen(Conversation)

/** The conversation in a line of text, if it is wanted. */
export function conversationIn(text: string, wanted: Wanted): Conversation | null {
  if (!wanted.mayBeIn(text)) return null
  try {
    const parsed = asConversation.safeParse(JSON.parse(text))
    return parsed.success && wanted.matches(parsed.data) ? parsed.data : null
  } catch {
    return null
  }
}
