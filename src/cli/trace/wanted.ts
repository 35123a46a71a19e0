import { Conversation } from '../../domain/conversation.js'
import { loosen } from '../../domain/loose.js'
import type { TraceSubject } from './subject.js'

/** How records are found again: by a piece of text that a line of them must have, and by what they say. */
export interface Wanted {
  /** Whether a line or value may hold such a record: others are passed over unparsed. */
  readonly mayBeIn: (text: string | Buffer) => boolean
  readonly matches: (conversation: Conversation) => boolean
}

/** What a subject looks like in a line of a topic or file. */
export function wantedOf(subject: TraceSubject): Wanted {
  if (subject.kind === 'id') {
    const { id } = subject
    // Also what it became: a record names those that it was before.
    return {
      mayBeIn: text => text.includes(JSON.stringify(id)),
      matches: ({ steerflow: { id: own, lineage } }) =>
        own === id || (lineage.changes ?? []).some(({ parent }) => parent === id),
    }
  }
  const { source, line } = subject
  return {
    // As conversations are spelled, and as all other records are.
    mayBeIn: text =>
      text.includes(`"source": ${JSON.stringify(source)}, "line": ${line},`) ||
      text.includes(`"source":${JSON.stringify(source)},"line":${line},`),
    matches: ({ steerflow: { lineage } }) => lineage.source === source && lineage.line === line,
  }
}

/** Records of these ids. */
export const anyOf = (ids: ReadonlySet<string>): Wanted => ({
  mayBeIn: text => [...ids].some(id => text.includes(JSON.stringify(id))),
  matches: ({ steerflow }) => ids.has(steerflow.id),
})

const asConversation = loosen(Conversation)

/** The conversation of a line of text, where it is a wanted one. */
export function conversationIn(text: string, wanted: Wanted): Conversation | null {
  if (!wanted.mayBeIn(text)) return null
  try {
    const parsed = asConversation.safeParse(JSON.parse(text))
    return parsed.success && wanted.matches(parsed.data) ? parsed.data : null
  } catch {
    return null
  }
}
