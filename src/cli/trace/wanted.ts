import { Conversation } from '../../domain/conversation.js'
import { loosen } from '../../domain/loose.js'
import { type Subject } from './subject.js'

/** How records are found again: by a piece of text that a line of them must have, and by what they say. */
export interface Wanted {
  /** Whether a line or value may hold such a record: others are passed over unparsed. */
  readonly mayBeIn: (text: string | Buffer) => boolean
  readonly matches: (conversation: Conversation) => boolean
}

/** What a subject looks like in a line of a topic or file. */
export function wantedOf(subject: Subject): Wanted {
  if (subject.kind === 'id') {
    const { id } = subject
    return { mayBeIn: text => text.includes(JSON.stringify(id)), matches: ({ steerflow }) => steerflow.id === id }
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
