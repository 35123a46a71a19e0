import { attributeSets } from '../attributes.js'
import { sourceInvalid } from '../source-error.js'

/** A JSON object that is not yet checked. */
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const lessons = ['weight', 'train', 'training', 'loss', 'calculate_loss', 'learn', 'trainable', 'loss_weight'] as const

/** Keys that say what is to be learnt, wherever they stand: 0 or false means that it is not. */
export const lessonKeys: readonly string[] = lessons

/** Keys of a record that carry meaning in some format. A format declares those that it does not read. */
export const meaningfulKeys: readonly string[] = [
  ...['system', 'system_prompt', 'system_message', 'system_instruction', 'systemInstruction', 'instructions'],
  ...['tools', 'tool_calls', 'functions', 'function_call', ...lessons, 'loss_mask', 'mask', 'label', 'labels'],
  ...['chosen', 'rejected', 'preferred_output', 'non_preferred_output', 'response1', 'response2', 'overall_preference'],
  ...['response', 'responses', 'output', 'outputs', 'completion', 'completions', 'choices', 'candidates'],
  ...['reasoning_content', 'reasoningContent', 'reasoning', 'thinking', 'thoughts', 'thought'],
  ...['systemPrompt', 'preamble', 'custom_instructions', 'train_detail', 'masked', 'train_on_last_turn_only'],
  ...['rejected_response', 'expected_output', 'ideal', 'available_tools', 'previous_response_id', 'cachedContent'],
  ...['image', 'images', 'audio', 'audios', 'video', 'videos', 'files', 'attachments', 'documents'],
  ...['instruction', 'input', 'inputs', 'prompt', 'history', 'context', 'request', 'contents'],
  ...['messages', 'conversations', 'conversation'],
]

/** Every key that carries meaning, except those that a format reads and those that mean nothing in it. */
export const allBut = (...read: readonly string[]): readonly string[] =>
  meaningfulKeys.filter(key => !read.includes(key))

/** Keys of ratings of an answer: the attributes of every built-in set, and general words. */
export const ratingKeys: readonly string[] = [
  ...new Set(Object.values(attributeSets).flatMap(({ attributes }) => attributes.map(({ key }) => key))),
  ...['rating', 'ratings', 'reward'],
]

/** True of what stands for an absent value in exports: null, and empty texts, lists and objects, also as JSON text. */
export function saysNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (typeof value === 'string') return /^(?:\[\s*\]|\{\s*\}|null)?$/.test(value.trim())
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** The value of a key; undefined if it is absent or null. Never a property that every object has. */
export const valueOf = (fields: Fields, key: string): unknown =>
  Object.hasOwn(fields, key) ? (fields[key] ?? undefined) : undefined

/** The first of these keys that is present and not null. */
export const firstKey = (fields: Fields, keys: readonly string[]): string | undefined =>
  keys.find(key => valueOf(fields, key) !== undefined)

/** The first of these keys that says something. */
export const firstSaid = (fields: Fields, keys: readonly string[]): string | undefined =>
  keys.find(key => Object.hasOwn(fields, key) && !saysNothing(fields[key]))

/**
 * The only one of these keys that says something.
 * @throws STEERFLOW_SOURCE_INVALID when another says something else
 */
export function onlyKey(fields: Fields, keys: readonly string[]): string | undefined {
  const first = firstSaid(fields, keys)
  const other = keys.find(
    key => key !== first && firstSaid(fields, [key]) && JSON.stringify(fields[key]) !== JSON.stringify(fields[first!]),
  )
  if (other !== undefined) throw sourceInvalid(other, `it says something else than ${first!}`)
  return first
}

const preference =
  'preference pairs cannot be learnt here: neither answer has ratings. Make a record of each rated answer'

const reasons: Readonly<Record<string, string>> = {
  chosen: preference,
  rejected: preference,
  preferred_output: preference,
  non_preferred_output: preference,
  response1: preference,
  response2: preference,
  overall_preference: preference,
  tools: 'tool definitions; preprocess.tools says what becomes of them',
  functions: 'tool definitions; preprocess.tools says what becomes of them',
  reasoning_content: 'only the text of an answer is taken, not its reasoning',
  reasoning: 'only the text of an answer is taken, not its reasoning',
  thinking: 'only the text of an answer is taken, not its reasoning',
}

/** Joins a path and a key. */
export const below = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`)

/** The error of a key that carries meaning and that a format does not read. */
export const notRead = (path: string, key: string, format: string): Error =>
  sourceInvalid(
    path,
    `the key carries meaning, and ${format} does not read it` +
      `${Object.hasOwn(reasons, key) ? ` (${reasons[key]!})` : ''}; remove it, or leave it out with ingest.map`,
  )

/** Whether a value of a lesson key wants its part learnt. @throws STEERFLOW_SOURCE_INVALID for a weight between 0 and 1 */
export function isLearnt(value: unknown, path: string): boolean {
  if (value === 1 || value === true) return true
  if (value === 0 || value === false) return false
  throw sourceInvalid(path, `expected 0, 1, true or false: a part is learnt or not, it has no weight of its own`)
}

/** Whether a turn, or a record, is to be learnt; null if it does not say. */
export function lessonOf(fields: Fields, at: string): boolean | null {
  const said = lessonKeys.flatMap(key => {
    const value = valueOf(fields, key)
    return value === undefined ? [] : [isLearnt(value, below(at, key))]
  })
  if (said.length === 0) return null
  if (new Set(said).size > 1) throw sourceInvalid(at, `${lessonKeys.join(', ')} contradict each other`)
  return said[0]!
}
