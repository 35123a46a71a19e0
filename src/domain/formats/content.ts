import { sourceInvalid } from '../source-error.js'
import { type Fields, isFields, saysNothing, valueOf } from './meaning.js'

/** The text of a content, and the tool calls and results among its parts. */
export interface ContentTexts {
  readonly text: string
  readonly calls: readonly string[]
  readonly results: readonly string[]
}

const textTypes = new Set(['text', 'input_text', 'output_text'])
const callTypes = new Set(['tool_call', 'tool_use', 'function_call', 'server_tool_use', 'tool-call'])
const resultTypes = new Set([
  'tool_result',
  'tool_call_response',
  'function_call_output',
  'tool_response',
  'tool-result',
])

/**
 * Reads a content: a text, or parts, which are joined. Null is no text.
 * @throws STEERFLOW_SOURCE_INVALID for a part that is neither text nor a tool call or result
 */
export function contentOf(content: unknown, at: string): ContentTexts {
  if (typeof content === 'string') return { text: content, calls: [], results: [] }
  if (content === null || content === undefined) return { text: '', calls: [], results: [] }
  const parts = Array.isArray(content) ? (content as unknown[]) : [content]
  const [calls, results]: [string[], string[]] = [[], []]
  let text = ''
  for (const [index, part] of parts.entries()) {
    const place = Array.isArray(content) ? `${at}[${index}]` : at
    if (typeof part === 'string') text += part
    else if (!isFields(part)) throw sourceInvalid(place, 'a text, or a part with a type, is required')
    else text += partText(part, place, calls, results)
  }
  return { text, calls, results }
}

function partText(part: Fields, at: string, calls: string[], results: string[]): string {
  const call = valueOf(part, 'functionCall') ?? valueOf(part, 'function_call')
  const response = valueOf(part, 'functionResponse') ?? valueOf(part, 'function_response')
  const type = part['type'] ?? (call ? 'function_call' : response ? 'tool_result' : 'text')
  if (typeof type !== 'string') throw sourceInvalid(`${at}.type`, 'a text is required')
  if (callTypes.has(type)) calls.push(callText(isFields(call) ? call : part))
  else if (resultTypes.has(type)) results.push(resultText(isFields(response) ? response : part, at))
  else if (!textTypes.has(type)) throw sourceInvalid(at, `content part of type ${type}: only text is taken`)
  else {
    const other = ['inlineData', 'inline_data', 'fileData', 'file_data', 'image_url', 'thought'].find(
      key => !saysNothing(part[key]) && part[key] !== false,
    )
    if (other !== undefined) throw sourceInvalid(at, `content part of type ${other}: only text is taken`)
    const text = valueOf(part, 'text') ?? valueOf(part, 'content')
    if (typeof text !== 'string') throw sourceInvalid(at, 'a text is required')
    return text
  }
  return ''
}

/** A tool call as a text, in the spelling of Hermes and Qwen. */
export function callText(call: Fields): string {
  const body = isFields(call['function']) ? call['function'] : call
  const given = body['arguments'] ?? body['input'] ?? body['args'] ?? body['parameters'] ?? {}
  const value = JSON.stringify({ name: body['name'] ?? call['toolName'] ?? null, arguments: parsedOr(given) })
  return `<tool_call>\n${value}\n</tool_call>`
}

/** A tool's result as a text, in the same spelling. */
export const wrapResult = (text: string): string => `<tool_response>\n${text}\n</tool_response>`

function resultText(part: Fields, at: string): string {
  const value =
    valueOf(part, 'content') ?? valueOf(part, 'result') ?? valueOf(part, 'response') ?? valueOf(part, 'output')
  if (value === undefined || typeof value === 'string') return wrapResult(value ?? '')
  const isParts = Array.isArray(value) && value.every(one => isFields(one) && 'type' in one)
  return wrapResult(isParts ? contentOf(value, `${at}.content`).text : JSON.stringify(value))
}

/** A list or an object that is written as JSON text; anything else as it is. */
export function parsedOr(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}
