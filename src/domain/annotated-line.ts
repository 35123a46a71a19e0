import { z } from 'zod'
import { SteerflowError } from './errors.js'
import { redump } from './json/redump.js'
import { type Builder, decodeString, scanJson } from './json/json.js'
import type { PromptTurn } from './prompt.js'

/** A JSON value as text in Python's spelling, with its parts if it is an array or an object. */
interface JsonNode {
  readonly text: string
  readonly items?: readonly JsonNode[]
  readonly members?: ReadonlyMap<string, JsonNode>
}

const keyText = (key: string): string => JSON.stringify(key)

// Texts are joined with `+` alone, which copies nothing yet: at any depth, the text is copied once, with the whole line.

const objectText = (members: ReadonlyMap<string, { readonly text: string }>): string => {
  let text = '{'
  for (const [key, { text: value }] of members) text += (text.length === 1 ? '' : ', ') + keyText(key) + ': ' + value
  return text + '}'
}

const listText = (items: readonly { readonly text: string }[]): string => {
  let text = '['
  for (const [index, item] of items.entries()) text += index === 0 ? item.text : ', ' + item.text
  return text + ']'
}

/** Builds nodes from text that is already in Python's spelling, so that every literal stays as it is. */
const nodes: Builder<JsonNode> = {
  string: text => ({ text }),
  number: text => ({ text }),
  word: text => ({ text }),
  array: items => ({ text: listText(items), items }),
  object: members => ({ text: objectText(members), members }),
}

const Line = z.object({
  system: z.string(),
  mask: z.string().nullish(),
  conversations: z
    .array(z.object({ value: z.string(), from: z.string(), label: z.string().nullable().optional() }))
    .min(1),
})

/** A conversation as a line of a file; only its labels can change. */
export interface OpenLine {
  readonly system: string
  /** The speaker who is the user; null or absent where the line does not say. */
  readonly mask?: string | null | undefined
  readonly turns: readonly PromptTurn[]
  /**
   * The line with these labels, as the original writes it; null keeps a turn's own label. An existing label moves to
   * `gt_label` at the end of its turn; everything else stays, including numbers and unknown keys.
   */
  relabelled(labels: readonly (string | null)[]): string
}

/**
 * Opens a line of a file of conversations without converting its numbers to JavaScript's.
 * @throws STEERFLOW_INPUT_JSON when it is not JSON, STEERFLOW_RECORD_INVALID when a part of the prompt is missing.
 */
export function openLine(line: string): OpenLine {
  const root = scanJson(redump(line), nodes)
  const turns = root.members?.get('conversations')?.items
  const parsed = Line.safeParse(plain(root, turns ?? []))
  if (!parsed.success || !turns) {
    const reason = parsed.error ? z.prettifyError(parsed.error).replaceAll('\n', ' ') : 'no conversations'
    throw new SteerflowError('STEERFLOW_RECORD_INVALID', `not a conversation: ${reason}`)
  }
  return {
    system: parsed.data.system,
    mask: parsed.data.mask,
    turns: parsed.data.conversations,
    relabelled: labels => {
      const relabelled = turns.map((turn, index) => relabel(turn, labels[index] ?? null))
      return objectText(new Map(root.members).set('conversations', { text: listText(relabelled) }))
    },
  }
}

/** The values that go into a prompt. */
function plain(root: JsonNode, turns: readonly JsonNode[]): unknown {
  return {
    system: scalar(root, 'system'),
    mask: scalar(root, 'mask'),
    conversations: turns.map(turn => ({
      value: scalar(turn, 'value'),
      from: scalar(turn, 'from'),
      label: scalar(turn, 'label'),
    })),
  }
}

/** A member that is a string or null; undefined if absent. For other values it returns NaN, which the schema refuses. */
function scalar(node: JsonNode, key: string): unknown {
  const text = node.members?.get(key)?.text
  if (text === undefined) return undefined
  if (text === 'null') return null
  return text.startsWith('"') ? decodeString(text) : NaN
}

function relabel(turn: JsonNode, label: string | null): JsonNode {
  if (label === null) return turn
  const members = new Map(turn.members)
  const old = members.get('label')
  if (old) members.set('gt_label', old)
  members.set('label', { text: keyText(label) })
  return { text: objectText(members) }
}
