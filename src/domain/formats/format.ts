import type { Turn } from '../conversation.js'
import type { FanoutBounds } from '../fanout.js'

/** A conversation as a source has it. */
export interface SourceConversation {
  /** The tree's id; null where the source has none. */
  readonly treeId: string | null
  readonly turns: Turn[]
  /** The system prompt; null where the source has none. */
  readonly system: string | null
  /** The speaker whose turns are not learnt; null where the source does not say. */
  readonly mask: string | null
}

/** A form in which conversations come, one record a tree or thread. */
export interface SourceFormat {
  readonly name: string
  /** One sentence, for the help page. */
  readonly summary: string
  /** Name of the attribute set of its human labels; null where it has none. */
  readonly attributeSet: string | null
  /** Whether a record looks like this format; it may still turn out to be wrong. */
  detect(record: Readonly<Record<string, unknown>>): boolean
  /**
   * The conversations of a record.
   * @throws STEERFLOW_SOURCE_INVALID with the path of what is wrong; STEERFLOW_FANOUT.
   */
  read(record: Readonly<Record<string, unknown>>, bounds: FanoutBounds): SourceConversation[]
}
