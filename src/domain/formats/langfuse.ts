import { parsedOr } from './content.js'
import { readExchange } from './exchange.js'
import { noChat, readByDefault, type SourceFormat } from './format.js'
import { allBut, type Fields, firstKey, isFields, saysNothing, valueOf } from './meaning.js'
import { besideKeys } from './thread.js'

const marks = [
  'trace_id',
  'traceId',
  'session_id',
  'sessionId',
  'observation_id',
  'parent_observation_id',
  'usage_details',
]

const isTurns = (value: unknown): boolean => {
  const parsed = parsedOr(value)
  return (
    Array.isArray(parsed) ||
    (isFields(parsed) && firstKey(parsed, ['messages', 'role', 'prompt', 'input', 'contents']) !== undefined)
  )
}

/** Observations of Langfuse: `{type: GENERATION, input, output}`, both as JSON or as JSON text. */
export const langfuse: SourceFormat = {
  name: 'langfuse',
  summary: 'observations of Langfuse: {type: GENERATION, input, output}',
  attributeSet: null,
  refuses: allBut('input', 'output', ...besideKeys),
  detect: record => {
    if (firstKey(record, ['instruction', 'messages', 'conversations']) !== undefined) return false
    if (isObservation(record)) return 'input' in record || 'output' in record
    return (
      valueOf(record, 'input') !== undefined &&
      valueOf(record, 'output') !== undefined &&
      (isTurns(record['input']) || firstKey(record, marks) !== undefined)
    )
  },
  read: (record, _, how = readByDefault) => {
    const { type, input, output, level } = record
    const leave = (detail: string): [] => noChat(how, detail)
    if (isObservation(record) && type !== 'GENERATION')
      return leave(`an observation of type ${String(type)} is not a chat`)
    if (level === 'ERROR') return leave('the observation is an error')
    if (saysNothing(input)) return leave('input is empty')
    if (saysNothing(output)) return leave('output is empty')
    const parsed = parsedOr(input)
    if (isFields(parsed) && !isTurns(parsed)) return leave('input has no turns: it is not a chat')
    const exchange = { request: parsed, requestAt: 'input', answer: output, answerAt: 'output' }
    return readExchange({ format: langfuse.name, ...exchange, beside: record }, how)
  },
}

const types = [
  'GENERATION',
  'SPAN',
  'EVENT',
  'AGENT',
  'TOOL',
  'CHAIN',
  'RETRIEVER',
  'EVALUATOR',
  'EMBEDDING',
  'GUARDRAIL',
]

const isObservation = ({ type }: Fields): boolean => typeof type === 'string' && types.includes(type)
