import type { AttributeSet } from '../attributes.js'
import type { DropReason, Turn } from '../conversation.js'
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
  /** The attribute set of this conversation's labels, if it differs from the format's. */
  readonly attributeSet?: string
}

/** What becomes of tool calls, tool results and tool definitions: docs/formats.md#tool-calls. */
export const toolPolicies = ['reject', 'drop-turns', 'render'] as const
export type ToolPolicy = (typeof toolPolicies)[number]

/** How records are read, beside their format. */
export interface ReadHow {
  readonly tools: ToolPolicy
  /** Receives each part of a record that is left out although it is no error. */
  readonly leave: (reason: DropReason, detail: string) => void
  /** Attribute sets of the configuration that labels may have, beside the built-in ones. */
  readonly sets?: readonly AttributeSet[]
}

/** Tool calls are rejected, and nobody counts what is left out. */
export const readByDefault: ReadHow = { tools: 'reject', leave: () => undefined }

/** Leaves out a record that is no chat, or has no answer. */
export function noChat(how: ReadHow, detail: string): [] {
  how.leave('no-chat', detail)
  return []
}

/** A source format, with one tree or thread per record. */
export interface SourceFormat {
  readonly name: string
  /** One sentence, for the help page. */
  readonly summary: string
  /** Name of the attribute set of its human labels; null if it has none. */
  readonly attributeSet: string | null
  /**
   * Keys of a record that carry meaning and that the format does not read. A record in which one is present and says
   * something (it is not null or empty) is refused by that key. Default: none.
   */
  readonly refuses?: readonly string[]
  /** Keys whose lists and objects may also stand as JSON text. */
  readonly jsonTexts?: readonly string[]
  /** True if a record is a whole tree, and never a part of a conversation that other records continue. */
  readonly whole?: true
  /** Whether a record looks like this format; reading it may still fail. */
  detect(record: Readonly<Record<string, unknown>>): boolean
  /**
   * The conversations of a record.
   * @throws STEERFLOW_SOURCE_INVALID with the path of the fault; STEERFLOW_FANOUT.
   */
  read(record: Readonly<Record<string, unknown>>, bounds: FanoutBounds, how?: ReadHow): SourceConversation[]
}
