import { sourceInvalid } from '../source-error.js'
import { callText, contentOf, parsedOr, wrapResult } from './content.js'
import { type Fields, firstKey, isFields, lessonOf, notRead, saysNothing, valueOf } from './meaning.js'
import { type Speaker, speakerOf } from './speakers.js'

/** One entry of a conversation. */
export interface SourceEntry {
  readonly speaker: Exclude<Speaker, 'Call' | 'Tool'>
  readonly text: string
  /** The entry's place in the record, for messages. */
  readonly at: string
  /** Whether it is to be learnt; null if the source does not say. */
  readonly learn: boolean | null
  /** The kind of tool entry, and how it is written where it is rendered; null if it is none. */
  readonly tool: { readonly kind: string; readonly text: string } | null
}

const callKeys = ['tool_calls', 'tool_call', 'function_call', 'toolCalls', 'toolInvocations'] as const
const speakerKeys = ['role', 'from', 'speaker'] as const
const textKeys = ['content', 'value', 'text', 'parts'] as const

/** Keys of an entry that carry meaning and are not read: present and not null or empty, the record is refused. */
export const entryRefuses: readonly string[] = [
  ...['reasoning_content', 'reasoningContent', 'reasoning', 'thinking', 'thoughts', 'thought', 'reasoning_details'],
  ...['image', 'images', 'audio', 'audios', 'video', 'videos', 'files', 'attachments', 'documents', 'refusal'],
  ...['tools', 'functions', 'label', 'gt_label', 'loss_mask', 'chosen', 'rejected', 'response', 'output', 'choices'],
  ...['system', 'system_prompt', 'train_detail', 'masked', 'ignore', 'labels', 'experimental_attachments'],
]

/**
 * Reads an entry in any of the usual spellings: role and content, from and value.
 * @throws STEERFLOW_SOURCE_INVALID for an unknown speaker, content other than text, or a key that is not read
 */
export function saidOf(given: unknown, at: string, format: string): SourceEntry {
  if (!isFields(given)) throw sourceInvalid(at, 'an object with a speaker and a text is required')
  const entry = unserialised(given)
  const name = only(entry, speakerKeys, at)
  if (name.value === undefined) throw sourceInvalid(`${at}.${speakerLike(entry)}`, 'a speaker is required')
  if (typeof name.value !== 'string') throw sourceInvalid(`${at}.${name.key}`, 'a text is required')
  const speaker = speakerOf(name.value)
  if (speaker === undefined)
    throw sourceInvalid(at, `unknown speaker ${JSON.stringify(name.value)}; ingest.map can say who it is`)
  const body = only(entry, textKeys, at)
  const calls = callsOf(entry, at)
  const firstCall = callKeys.find(key => !saysNothing(entry[key]))
  const content = contentOf(body.value, `${at}.${body.key ?? 'content'}`)
  const refusal = valueOf(entry, 'refusal')
  const refuses = content.text === '' && typeof refusal === 'string'
  const strange = entryRefuses.find(key => !saysNothing(entry[key]) && !(refuses && key === 'refusal'))
  if (strange !== undefined) throw notRead(`${at}.${strange}`, strange, format)
  const text = refuses ? refusal : content.text
  const all = [...calls, ...content.calls]
  const isTool = speaker === 'Tool' || speaker === 'Call' || all.length > 0 || content.results.length > 0
  if (body.value === undefined && !isTool && !refuses)
    throw sourceInvalid(`${at}.${textLike(entry)}`, 'a text is required')
  return {
    speaker: speaker === 'Tool' ? 'User' : speaker === 'Call' ? 'Assistant' : speaker,
    text,
    at,
    learn: lessonOf(entry, at),
    tool: isTool
      ? toolOf(speaker, name.value, text, all, content.results, firstCall ?? 'a part with a call of a tool')
      : null,
  }
}

function toolOf(
  speaker: Speaker,
  name: string,
  text: string,
  calls: readonly string[],
  results: readonly string[],
  callKey: string,
): NonNullable<SourceEntry['tool']> {
  if (speaker === 'Tool')
    return { kind: `role ${name}`, text: [...results, ...(text === '' ? [] : [wrapResult(text)])].join('\n') }
  if (speaker === 'Call') {
    const parsed = parsedOr(text)
    const list = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed]
    return {
      kind: `role ${name}`,
      text: list.every(isFields) ? list.map(callText).join('\n') : callText({ arguments: text }),
    }
  }
  const said = [...results, ...(text === '' ? [] : [text]), ...calls].join('\n')
  return { kind: calls.length > 0 ? callKey : 'the result of a tool', text: said }
}

/** The calls beside a content, as texts. */
function callsOf(entry: Fields, at: string): string[] {
  return callKeys.flatMap(key => {
    const given = parsedOr(entry[key])
    if (saysNothing(given)) return []
    const calls = Array.isArray(given) ? (given as unknown[]) : [given]
    if (!calls.every(isFields)) throw sourceInvalid(`${at}.${key}`, 'a tool call is an object')
    return calls.map(callText)
  })
}

/** The value of the keys that mean the same. @throws STEERFLOW_SOURCE_INVALID when two of them differ */
function only(entry: Fields, keys: readonly string[], at: string): { readonly key?: string; readonly value?: unknown } {
  const key = firstKey(entry, keys)
  if (key === undefined) return {}
  const value = entry[key]
  const other = keys.find(
    one => one !== key && !saysNothing(entry[one]) && JSON.stringify(entry[one]) !== JSON.stringify(value),
  )
  if (other !== undefined && !saysNothing(value)) throw sourceInvalid(`${at}.${other}`, `it contradicts ${key}`)
  return other !== undefined ? { key: other, value: entry[other] } : { key, value }
}

const speakerLike = (entry: Fields): string => ('value' in entry ? 'from' : 'role')
const textLike = (entry: Fields): string => ('from' in entry && !('role' in entry) ? 'value' : 'content')

/** LangChain's serialised messages as plain ones. */
function unserialised(entry: Fields): Fields {
  const { kwargs, id, type, data } = entry
  if (isFields(kwargs) && Array.isArray(id)) return { ...messageOf(kwargs), role: id.at(-1) as unknown }
  if (typeof type === 'string' && firstKey(entry, speakerKeys) === undefined) {
    if (isFields(data)) return { ...messageOf(data), role: type }
    if (type === 'function_call') return { role: 'assistant', content: [entry] }
    if (type === 'function_call_output') return { role: 'tool', content: [entry] }
    if (speakerOf(type) !== undefined) return { ...messageOf(entry), role: type }
  }
  return entry
}

/** The keys of a LangChain message that say something. */
function messageOf(fields: Fields): Fields {
  const { content, tool_calls: calls, additional_kwargs: more } = fields
  const { tool_calls: raw, function_call: call, ...rest } = isFields(more) ? more : ({} as Fields)
  return { ...rest, content, tool_calls: saysNothing(calls) ? raw : calls, function_call: call }
}

/** Reads a list of entries, which may stand as JSON text. @throws STEERFLOW_SOURCE_INVALID */
export function saidIn(given: unknown, at: string, format: string): SourceEntry[] {
  const list = parsedOr(given)
  if (!Array.isArray(list)) throw sourceInvalid(at, 'a list of turns is required')
  return (list as unknown[]).map((entry, index) => saidOf(entry, `${at}[${index}]`, format))
}
