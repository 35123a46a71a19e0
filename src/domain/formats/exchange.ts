import { sourceInvalid } from '../source-error.js'
import { parsedOr } from './content.js'
import { noChat, type ReadHow, type SourceConversation } from './format.js'
import { below, type Fields, firstKey, isFields, saysNothing } from './meaning.js'
import { type SourceEntry, saidIn, saidOf } from './said.js'
import { conversationsOf, systemOf, toolsOf } from './thread.js'

/** A list of entries, not yet read, and its place in the record. */
interface Entries {
  readonly entries: readonly unknown[]
  readonly at: string
  /** Why the answer is not whole; absent if it is. */
  readonly cut?: string
}

const endKeys = ['finish_reason', 'finishReason', 'stop_reason', 'stopReason', 'done_reason', 'status'] as const
/** Ends of an answer that is not whole, or not the model's own. */
const cutEnds =
  /^(?:length|max_?(?:output_?)?tokens|content_filter(?:ed)?|safety|recitation|blocklist|prohibited_content|spii|incomplete|failed|cancelled|error)$/i

/** Why an answer is not whole, in the server's words; undefined if nothing says so. */
function cutOf(answer: Fields): string | undefined {
  const key = endKeys.find(name => typeof answer[name] === 'string' && cutEnds.test(answer[name]))
  return key && `${key}: ${answer[key] as string}`
}

/** @throws STEERFLOW_SOURCE_INVALID for a text that a server or proxy wrote in place of an answer */
function mustBeAnswer(text: string, at: string): void {
  if (/^\s*(?:data|event):/.test(text) && text.includes('data:'))
    throw sourceInvalid(at, 'it is a stream of events (SSE), not an answer: put its pieces together first')
  if (/^\s*<(?:!doctype html|html)\b/i.test(text)) throw sourceInvalid(at, 'it is an HTML page, not an answer')
}

/** Keys under which a request has its turns. */
const turnKeys = ['messages', 'conversations', 'conversation', 'contents', 'input', 'prompt'] as const

/** The turns that a request spells: a list, a text, or an object with one. Null if there are none. */
function turnsOf(given: unknown, at: string): Entries | null {
  const value = parsedOr(given)
  if (saysNothing(value)) return null
  if (typeof value === 'string') return { entries: [{ role: 'user', content: value }], at }
  // LangChain nests the messages of each prompt in a list of prompts.
  if (Array.isArray(value)) {
    const [first] = value as unknown[]
    if (value.length === 1 && Array.isArray(first)) return { entries: first as unknown[], at: `${at}[0]` }
    return { entries: value as unknown[], at }
  }
  if (!isFields(value)) return null
  if (firstKey(value, ['role', 'from', 'kwargs']) !== undefined) return { entries: [value], at }
  const key = firstKey(value, ['body', ...turnKeys])
  return key === undefined ? null : turnsOf(value[key], below(at, key))
}

/**
 * The answers to a request, each a list of entries: several if a server was asked for several.
 * @throws STEERFLOW_SOURCE_INVALID for a form of answer that is not known
 */
export function answersOf(given: unknown, at: string): readonly Entries[] {
  const value = parsedOr(given)
  if (saysNothing(value)) return []
  if (typeof value === 'string') {
    mustBeAnswer(value, at)
    return [{ entries: [{ role: 'assistant', content: value }], at }]
  }
  if (Array.isArray(value)) {
    const list = value as unknown[]
    if (list.every(one => isFields(one) && firstKey(one, ['choices', 'generation_info', 'message']) !== undefined))
      return list.flatMap((one, index) => answersOf(one, `${at}[${index}]`))
    if (list.length > 0 && list.every(one => typeof one === 'string'))
      return list.map((content, index) => ({ entries: [{ role: 'assistant', content }], at: `${at}[${index}]` }))
    if (list.length === 1 && Array.isArray(list[0])) return answersOf(list[0], `${at}[0]`)
    return [{ entries: items(list), at }]
  }
  if (!isFields(value)) throw sourceInvalid(at, 'an answer is a text, a message or a list')
  const cut = cutOf(value)
  const found = answersIn(value, at)
  return cut === undefined ? found : found.map(one => ({ cut, ...one }))
}

function answersIn(value: Fields, at: string): readonly Entries[] {
  if (isFields(value['kwargs'])) return [{ entries: [value], at }]
  const lists = firstKey(value, ['choices', 'candidates', 'generations'])
  if (lists !== undefined) {
    const list = parsedOr(value[lists])
    if (!Array.isArray(list)) throw sourceInvalid(below(at, lists), 'a list of answers is required')
    return list.flat().flatMap((one: unknown, index) => answersOf(one, `${below(at, lists)}[${index}]`))
  }
  if (firstKey(value, ['role', 'from']) !== undefined) return [{ entries: [value], at }]
  const key = firstKey(value, [
    'body',
    'message',
    'messages',
    'output',
    'output_text',
    'content',
    'text',
    'completion',
    'response',
  ])
  if (key === undefined) throw sourceInvalid(at, `no answer is found in {${Object.keys(value).slice(0, 8).join(', ')}}`)
  if (key === 'message' && isFields(value[key])) return [{ entries: [assistant(value[key])], at: below(at, key) }]
  if (key !== 'content' || typeof value[key] === 'string') return answersOf(value[key], below(at, key))
  // Gemini's candidates have {content: {parts}}, Anthropic's answers {content: [parts]}.
  const content = value[key]
  return [{ entries: [isFields(content) ? assistant(content) : { role: 'assistant', content }], at: below(at, key) }]
}

/** A message with the role of the assistant, unless it has one. */
const assistant = (message: Fields): Fields =>
  firstKey(message, ['role', 'from', 'kwargs', 'type']) === undefined ? { role: 'assistant', ...message } : message

/** The items of an answer as entries: items of OpenAI's Responses API without a speaker are the assistant's. */
const items = (list: readonly unknown[]): readonly unknown[] =>
  list
    .filter(
      one =>
        !(isFields(one) && one['type'] === 'reasoning' && saysNothing(one['summary']) && saysNothing(one['content'])),
    )
    .map(one => {
      if (!isFields(one) || firstKey(one, ['role', 'from', 'kwargs']) !== undefined) return one
      if (one['type'] === 'reasoning') return { role: 'assistant', content: [one] }
      if (typeof one['type'] === 'string' && /text|tool_use/.test(one['type']))
        return { role: 'assistant', content: [one] }
      return assistant(one)
    })

/** A request and its answer in a record. */
export interface AskedAndAnswered {
  readonly format: string
  /** The record, or the part of it with the request. */
  readonly request: unknown
  readonly requestAt: string
  readonly answer: unknown
  readonly answerAt: string
  /** Where the system prompt and the tools may stand beside the turns. */
  readonly beside?: Fields
}

/**
 * The conversations of a request and its answers; an answer that the request already ends with is not taken twice. Without
 * an answer, the record is left out.
 */
export function readExchange(exchange: AskedAndAnswered, how: ReadHow): SourceConversation[] {
  const { format, request, requestAt, answer, answerAt } = exchange
  const asked = turnsOf(request, requestAt)
  if (asked === null) throw sourceInvalid(requestAt, 'no turns are found')
  const before = read(asked, format)
  const answers = answersOf(answer, answerAt)
  if (answers.length === 0) return noChat(how, `${answerAt} has no answer`)
  const whole = parsedOr(request)
  const fields = {
    ...exchange.beside,
    ...(isFields(whole) ? (isFields(parsedOr(whole['body'])) ? (parsedOr(whole['body']) as Fields) : whole) : {}),
  }
  const system = systemOf(fields, isFields(whole) ? requestAt : '')
  const tools = toolsOf(fields, isFields(whole) ? requestAt : '')
  return answers.flatMap(one => {
    if (one.cut !== undefined) {
      how.leave('not-to-learn', `${one.at}: the answer is not whole (${one.cut})`)
      return []
    }
    const said = after(before, read(one, format))
    return conversationsOf(said, { system, tools }, how)
  })
}

const read = ({ entries, at }: Entries, format: string): SourceEntry[] =>
  entries.length === 1 ? [saidOf(entries[0], at, format)] : saidIn(entries, at, format)

/** What was said before and the answer, which may repeat all of it or its end. */
function after(before: readonly SourceEntry[], answer: readonly SourceEntry[]): readonly SourceEntry[] {
  const same = (one: SourceEntry | undefined, other: SourceEntry | undefined): boolean =>
    one !== undefined &&
    other !== undefined &&
    one.speaker === other.speaker &&
    one.text === other.text &&
    one.tool?.text === other.tool?.text
  if (answer.length >= before.length && before.every((one, index) => same(one, answer[index]))) return answer
  const last = before.at(-1)
  const repeats = answer.every((one, index) => same(one, before[before.length - answer.length + index]))
  if (repeats) return before
  if (last?.speaker === 'Assistant' && last.tool === null && answer[0]?.speaker === 'Assistant')
    throw sourceInvalid(answer[0].at, `another answer than ${last.at}`)
  return [...before, ...answer]
}
