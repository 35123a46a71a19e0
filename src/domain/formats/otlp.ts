import { parsedOr } from './content.js'
import { answersOf, readExchange } from './exchange.js'
import { noChat, readByDefault, type ReadHow, type SourceConversation, type SourceFormat } from './format.js'
import { allBut, type Fields, isFields, saysNothing } from './meaning.js'
import { type Attributes, type Span, spansOf } from './otlp-span.js'

/** What a span says of a call of a model: the turns, the answer, and what stands beside them. */
interface ModelCall {
  readonly asked: unknown
  readonly answer: unknown
  readonly system: unknown
  readonly tools: unknown
  readonly key: string
}

/**
 * Spans of calls of models, as OTLP/HTTP JSON or alone. Messages are attributes: those of OpenTelemetry's gen_ai
 * conventions (`gen_ai.input.messages` as JSON text; before, `gen_ai.prompt.0.content`), of OpenInference
 * (`llm.input_messages.0.message.content`), and of Vercel's AI SDK (`ai.prompt.messages`).
 */
export const otlp: SourceFormat = {
  name: 'otlp',
  summary: 'OpenTelemetry spans of calls of models: {resourceSpans: [{scopeSpans: [{spans}]}]}',
  attributeSet: null,
  // The context of a span is its identity.
  refuses: allBut('context'),
  detect: record => spansOf(record) !== null,
  read: (record, _, how = readByDefault) => (spansOf(record) ?? []).flatMap(span => readSpan(span, how)),
}

function readSpan(span: Span, how: ReadHow): SourceConversation[] {
  const leave = (detail: string): [] => noChat(how, `span ${JSON.stringify(span.name)}: ${detail}`)
  if (span.failed) return leave('the call failed')
  const reason = notAChat(span.attributes)
  if (reason !== null) return leave(reason)
  const call = callOf(span.attributes)
  if (call === null || saysNothing(parsedOr(call.asked))) return leave('it has no messages')
  if (saysNothing(parsedOr(call.answer)) || answersOf(call.answer, call.key).length === 0)
    return leave('it has no answer')
  const at = span.at === '' ? call.key : `${span.at}: ${call.key}`
  const beside: Fields = { system: parsedOr(call.system), tools: call.tools }
  const exchange = { request: call.asked, requestAt: at, answer: call.answer, answerAt: at, beside }
  return readExchange({ format: otlp.name, ...exchange }, how)
}

/** Why a span is not the call of a chat; null if it may be one. */
function notAChat(attributes: Attributes): string | null {
  const operation = attributes['gen_ai.operation.name'] ?? attributes['llm.request.type']
  if (
    typeof operation === 'string' &&
    !/^(?:chat|generate_content|text_completion|completion|responses)$/i.test(operation)
  )
    return `the operation ${operation} is not a chat`
  const kind = attributes['openinference.span.kind']
  if (typeof kind === 'string' && kind.toUpperCase() !== 'LLM') return `the kind ${kind} is not a call of a model`
  return null
}

function callOf(attributes: Attributes): ModelCall | null {
  const system = attributes['gen_ai.system_instructions']
  const tools = attributes['gen_ai.tool.definitions']
  if (attributes['gen_ai.input.messages'] !== undefined) {
    const answer = choicesOf(attributes['gen_ai.output.messages'])
    return { asked: attributes['gen_ai.input.messages'], answer, system, tools, key: 'gen_ai.input.messages' }
  }
  const vercel = attributes['ai.prompt.messages']
  if (vercel !== undefined) {
    const answer = vercelAnswer(attributes)
    return { asked: vercel, answer, system, tools: attributes['ai.prompt.tools'], key: 'ai.prompt.messages' }
  }
  for (const [prompt, completion] of indexed) {
    const asked = indexedMessages(attributes, prompt)
    if (asked.length === 0) continue
    const messages = indexedMessages(attributes, completion)
    // In OpenTelemetry's conventions each index is a choice, in the others a message.
    const answer = prompt === 'gen_ai.prompt' ? choicesOf(messages) : messages
    const defined = indexedTools(attributes)
    return { asked, answer, system, tools: defined, key: prompt }
  }
  const text = attributes['gen_ai.prompt']
  if (text === undefined) return null
  return { asked: text, answer: attributes['gen_ai.completion'], system, tools, key: 'gen_ai.prompt' }
}

/** The messages of an answer as the choices that they are, with the reason for which each ended. */
function choicesOf(given: unknown): unknown {
  const messages = parsedOr(given)
  if (!Array.isArray(messages) || !(messages as unknown[]).every(isFields)) return given
  return { choices: (messages as Fields[]).map(message => ({ message, finish_reason: message['finish_reason'] })) }
}

const indexed = [
  ['gen_ai.prompt', 'gen_ai.completion'],
  ['llm.input_messages', 'llm.output_messages'],
  ['llm.prompts', 'llm.completions'],
] as const

const vercelAnswer = (attributes: Attributes): unknown => {
  const text = attributes['ai.response.text']
  const calls = attributes['ai.response.toolCalls']
  const reasoning = attributes['ai.response.reasoning']
  if (saysNothing(text) && saysNothing(calls)) return null
  return { role: 'assistant', content: text ?? null, tool_calls: calls ?? null, reasoning: reasoning ?? null }
}

/** Messages that are written key by key: `prefix.0.role`, `prefix.0.message.content`, `prefix.0.tool_calls.0.name`. */
function indexedMessages(attributes: Attributes, prefix: string): readonly Fields[] {
  const messages: Record<string, unknown>[] = []
  for (const [name, value] of Object.entries(attributes)) {
    if (!name.startsWith(`${prefix}.`)) continue
    const [index, ...rest] = name.slice(prefix.length + 1).split('.')
    if (!/^\d{1,6}$/.test(index!) || rest.length === 0) continue
    const path = rest[0] === 'message' ? rest.slice(1) : rest
    const message = (messages[Number(index)] ??= {})
    if (path.length === 1) message[path[0]!] = value
    else if (path[0] === 'tool_calls') addCall(message, path.slice(1), value)
    else if (path[0] === 'function_call')
      message['function_call'] = {
        ...(isFields(message['function_call']) ? message['function_call'] : {}),
        [path[1]!]: value,
      }
    else if (path[0] === 'contents') addPart(message, path.slice(1), value)
    else message[path.join('.')] = value
  }
  // Call by call the answers' speaker may be left out.
  const role = /completion|output/.test(prefix) ? 'assistant' : undefined
  return messages.filter(message => message !== undefined).map(one => ({ ...(role ? { role } : {}), ...named(one) }))
}

/** OpenInference names a called function `tool_call.function.name`. */
function addCall(message: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const calls = (message['tool_calls'] ??= []) as Record<string, unknown>[]
  const call = (calls[Number(path[0])] ??= {})
  call[path.at(-1)!] = value
}

/** OpenInference writes parts as `contents.0.message_content.text`. */
function addPart(message: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const parts = (message['content'] ??= []) as Record<string, unknown>[]
  if (!Array.isArray(parts)) return
  const part = (parts[Number(path[0])] ??= {})
  part[path.slice(path[1] === 'message_content' ? 2 : 1).join('.')] = value
}

/** A message of which calls and parts have no holes. */
const named = (message: Record<string, unknown>): Fields => ({
  ...message,
  ...(Array.isArray(message['tool_calls']) ? { tool_calls: message['tool_calls'].filter(Boolean) } : {}),
})

const indexedTools = (attributes: Attributes): unknown => {
  const tools = Object.keys(attributes).filter(name => /^(?:llm\.tools|llm\.request\.functions)\.\d/.test(name))
  return tools.length === 0 ? null : tools.map(name => ({ [name]: attributes[name] }))
}
