import type { Turn } from '../conversation.js'
import type { FanoutBounds } from '../fanout.js'

/** A conversation as read from a source. */
export interface SourceConversation {
  /** The tree's id; null if the source has none. */
  readonly treeId: string | null
  readonly turns: Turn[]
  /** The system prompt; null if the source has none. */
  readonly system: string | null
  /** The speaker whose turns are not learnt; null if the source does not say. */
  readonly mask: string | null
}

/** A source format, with one tree or thread per record. */
export interface SourceFormat {
  readonly name: string
  /** One sentence, for the help page. */
  readonly summary: string
  /** Name of the attribute set of its human labels; null if it has none. */
  readonly attributeSet: string | null
  /** Whether a record looks like this format; reading it may still fail. */
  detect(record: Readonly<Record<string, unknown>>): boolean
  /**
   * The conversations of a record.
   * @throws STEERFLOW_SOURCE_INVALID with the path of the fault; STEERFLOW_FANOUT.
   */
  read(record: Readonly<Record<string, unknown>>, bounds: FanoutBounds): SourceConversation[]
}
