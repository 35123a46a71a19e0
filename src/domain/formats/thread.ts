import { sourceInvalid, wellFormed } from '../source-error.js'
import type { ReadHow, SourceConversation } from './format.js'
import { readByDefault } from './format.js'
import { contentOf, parsedOr } from './content.js'
import { below, type Fields, saysNothing, valueOf } from './meaning.js'
import type { SourceEntry } from './said.js'

/** One entry of a thread: its speaker, by the source's name, and its text. */
export interface ThreadEntry {
  readonly speaker: string
  readonly text: string
}

/**
 * Turns the entries of a thread into a conversation. The system prompt may only come first.
 * @param speakers the meaning of the source's names
 * @param path the entry's place in the record, for messages
 * @throws STEERFLOW_SOURCE_INVALID for an unknown speaker, a late system prompt, or fewer than two turns.
 */
export function readThread(
  entries: readonly ThreadEntry[],
  speakers: Readonly<Record<string, 'User' | 'Assistant' | 'System'>>,
  path: (index: number) => string,
  system: string | null = null,
): SourceConversation {
  const said = entries.map(({ speaker, text }, index): SourceEntry => {
    const from = Object.hasOwn(speakers, speaker) ? speakers[speaker] : undefined
    if (from === undefined) throw sourceInvalid(path(index), `unknown speaker ${JSON.stringify(speaker)}`)
    return { speaker: from, text, at: path(index), learn: null, tool: null }
  })
  return joined(said, system)
}

/** The turns and the system prompt of entries without tools and lessons. */
function joined(said: readonly SourceEntry[], system: string | null): SourceConversation {
  const conversation = { treeId: null, turns: [] as SourceConversation['turns'], system, mask: null }
  let first: string | null = null
  for (const { speaker, text, at } of said) {
    const value = wellFormed(text, () => at)
    if (speaker !== 'System') conversation.turns.push({ value, from: speaker })
    else if (conversation.turns.length > 0) throw sourceInvalid(at, 'a system prompt can only come first')
    else if (first !== null && first !== value) throw sourceInvalid(at, 'a second system prompt, other than the first')
    else conversation.system = first = value
  }
  if (conversation.turns.length < 2) throw sourceInvalid('', 'a conversation of at least two turns is required')
  return conversation
}

/** Keys of a system prompt beside a thread. */
export const systemKeys = [
  ...(['system', 'system_prompt', 'system_message', 'instructions'] as const),
  ...(['system_instruction', 'systemInstruction'] as const),
] as const

/** Keys of definitions of tools beside a thread. */
const toolKeys = ['tools', 'functions'] as const

/** Keys beside a thread that `systemOf` and `toolsOf` read. */
export const besideKeys = [...systemKeys, ...toolKeys] as const

/**
 * The system prompt that stands beside a thread; null if there is none, or an empty one.
 * @throws STEERFLOW_SOURCE_INVALID when two keys have different ones
 */
export function systemOf(record: Fields, at = ''): { readonly key: string; readonly text: string } | null {
  let found: { readonly key: string; readonly text: string } | null = null
  for (const key of systemKeys) {
    const value = valueOf(record, key)
    if (saysNothing(value)) continue
    const path = below(at, key)
    const parts = parsedOr(value)
    const content =
      typeof value !== 'object'
        ? value
        : (valueOf(parts as Fields, 'parts') ?? valueOf(parts as Fields, 'content') ?? value)
    const { text, calls, results } = contentOf(content, path)
    if (calls.length + results.length > 0) throw sourceInvalid(path, 'a system prompt is a text')
    wellFormed(text, () => path)
    if (text === '') continue
    if (found === null) found = { key: path, text }
    else if (text !== found.text) throw sourceInvalid(path, `another system prompt than in ${found.key}`)
  }
  return found
}

/** The definitions of tools beside a thread. */
interface Definitions {
  readonly key: string
  readonly tools: unknown
}

/** The definitions of tools beside a thread; null if there are none. @throws STEERFLOW_SOURCE_INVALID when two keys have some */
export function toolsOf(record: Fields, at = ''): Definitions | null {
  const keys = toolKeys.filter(key => !saysNothing(valueOf(record, key)))
  const [key, other] = keys
  if (key === undefined) return null
  if (other !== undefined) throw sourceInvalid(other, `definitions of tools beside those in ${key}`)
  return { key: below(at, key), tools: parsedOr(record[key]) }
}

/**
 * Turns what was said into conversations: one, or none if everything is left out.
 * @param beside the system prompt beside the thread, and the definitions of tools
 * @throws STEERFLOW_SOURCE_INVALID for contradicting system prompts, tools that are rejected, and turns that are not to be
 * learnt where the loss mask cannot say so
 */
export function conversationsOf(
  said: readonly SourceEntry[],
  beside: { readonly system: ReturnType<typeof systemOf>; readonly tools?: Definitions | null },
  how: ReadHow = readByDefault,
): SourceConversation[] {
  const spoken = withoutLessons(withoutTools(said, how), how)
  if (spoken === null) return []
  const own = spoken.find(({ speaker }) => speaker === 'System')
  const { system } = beside
  if (own && system && system.text !== '' && own.text !== '' && own.text !== system.text)
    throw sourceInvalid(system.key, `another system prompt than in ${own.at}`)
  const read = joined(spoken, system?.text ?? null)
  const whole = read.system === '' && system ? { ...read, system: system.text } : read
  return [withDefinitions(whole, beside.tools, how)]
}

/** Applies the policy on tools to turns that call them or give their results. Null if nothing is left. */
function withoutTools(said: readonly SourceEntry[], how: ReadHow): readonly SourceEntry[] | null {
  const tools = said.filter(({ tool }) => tool !== null)
  const first = tools[0]
  if (!first) return said
  if (how.tools === 'reject')
    throw sourceInvalid(
      first.at,
      `${first.tool!.kind}: tools are rejected; preprocess.tools can drop or render these turns`,
    )
  if (how.tools === 'drop-turns') {
    const rest = said.filter(({ tool }) => tool === null)
    how.leave('tool-turns', `left out: ${tools.map(({ at, tool }) => `${at} (${tool!.kind})`).join(', ')}`)
    if (
      rest.filter(({ speaker }) => speaker !== 'System').length >= 2 &&
      rest.some(({ speaker }) => speaker === 'Assistant')
    )
      return rest
    how.leave('tool-turns', 'without its tool turns the conversation has no answer')
    return null
  }
  // Results that follow one another are one turn of the user.
  const rendered: SourceEntry[] = []
  for (const one of said) {
    const last = rendered.at(-1)
    const { tool } = one
    if (tool && one.speaker === 'User' && last?.tool && last.speaker === 'User')
      rendered[rendered.length - 1] = { ...last, text: `${last.text}\n${tool.text}` }
    else rendered.push(tool ? { ...one, text: tool.text } : one)
  }
  return rendered
}

/**
 * Applies marks of turns that are not to be learnt. The trainer's mask knows speakers, not turns: it can leave out turns at
 * the end, which are cut, and a first turn, which is context.
 */
function withoutLessons(said: readonly SourceEntry[] | null, how: ReadHow): readonly SourceEntry[] | null {
  const isUnlearnt = ({ speaker, learn }: SourceEntry): boolean => speaker === 'Assistant' && learn === false
  if (said === null || !said.some(isUnlearnt)) return said
  const end = said.findLastIndex(one => one.speaker === 'Assistant' && !isUnlearnt(one)) + 1
  if (end === 0) {
    how.leave('not-to-learn', 'no answer of the conversation is to be learnt')
    return null
  }
  const start = said.findIndex(({ speaker }) => speaker !== 'System')
  const kept = said.slice(0, end)
  const stuck = kept.find((one, index) => isUnlearnt(one) && index !== start)
  if (stuck) {
    const why = 'the loss mask knows speakers, not turns, and a later answer is learnt'
    throw sourceInvalid(stuck.at, `the turn is marked as not to be learnt (weight 0, train false): ${why}`)
  }
  if (end < said.length) how.leave('not-to-learn', `cut: the turns from ${said[end]!.at} on are not to be learnt`)
  return kept
}

/** Applies the policy on tools to their definitions. */
function withDefinitions(
  read: SourceConversation,
  given: Definitions | null | undefined,
  how: ReadHow,
): SourceConversation {
  if (!given) return read
  const { key, tools } = given
  if (how.tools === 'reject')
    throw sourceInvalid(key, 'definitions of tools: tools are rejected; preprocess.tools can drop or render them')
  if (how.tools === 'drop-turns') {
    how.leave('tool-turns', 'left out: the definitions of tools')
    return read
  }
  const text = `<tools>\n${typeof tools === 'string' ? tools : JSON.stringify(tools)}\n</tools>`
  return { ...read, system: read.system === null || read.system === '' ? text : `${read.system}\n\n${text}` }
}
