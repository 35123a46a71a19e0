import { type AttributeSet, labelKeys, languages } from './attributes.js'
import type { PromptTokens } from './prompt-tokens.js'

/** A label as a value model gave it: the line's text, and the integers of its attributes. */
export interface LabelReply {
  readonly label: string
  readonly scores: Readonly<Record<string, number>>
}

/** The integer that Python's `int()` makes of a text: a sign, single underscores and space around it are allowed. */
export function pythonInt(text: string): number | null {
  const digits = /^\s*([+-]?\d+(?:_\d+)*)\s*$/.exec(text)?.[1]
  return digits === undefined ? null : Number(digits.replaceAll('_', ''))
}

/** The text from the last mention of the set's first key to the end of its line, as the original finds the label. */
function lastLine(sentence: string, firstKey: string): string | null {
  const start = sentence.lastIndexOf(firstKey)
  if (start === -1) return null
  return sentence.slice(start).split('\n', 1)[0]!.trim()
}

/**
 * The label up to and including attribute `key` with its value, read from a sentence as the original reads it
 * (docs/reference/original-scripts.md#reading-a-reply): what was decided before is taken from the echo, and any integer
 * is accepted, on the scale or not. The language, whose value is null, is accepted when it is one of the 35 codes. Null
 * when the sentence holds no such value.
 */
export function readAttribute(
  sentence: string,
  set: AttributeSet,
  key: string,
): { readonly label: string; readonly value: number | null } | null {
  const items = lastLine(sentence, set.attributes[0]!.key)?.split(',') ?? []
  const at = items.findIndex(item => item.split(':', 1)[0] === key)
  const text = items[at]?.split(':')[1] ?? ''
  const label = items.slice(0, at + 1).join(',')
  if (set.language && key === 'lang') return languages.includes(text) ? { label, value: null } : null
  const value = pythonInt(text)
  return value === null ? null : { label, value }
}

/**
 * The whole label, when a sentence continues the prompt with the set's keys in order, integers on their scales and a known
 * language, up to the end of the line. Keys that follow the set's own are left out, as the original leaves them out. Null
 * otherwise.
 */
export function readLine(
  sentence: string,
  prompt: string,
  set: AttributeSet,
  tokens: Pick<PromptTokens, 'label'>,
): LabelReply | null {
  const start = labelStart(sentence, prompt, tokens.label)
  if (start === null) return null
  const line = sentence.slice(start).split('\n', 1)[0]!.trim()
  return asReply(line.split(',').slice(0, labelKeys(set).length), set)
}

/** An integer as the training labels spell it: no sign, no zeros before it. */
const plainInteger = /^(?:0|[1-9]\d*)$/

/** A label with the keys of its set as integers on their scales and a known language, null otherwise. */
function asReply(items: readonly string[], set: AttributeSet): LabelReply | null {
  const keys = labelKeys(set)
  const values = items.map(item => item.slice(item.indexOf(':') + 1))
  if (keys.some((key, index) => items[index]?.split(':', 1)[0] !== key)) return null
  if (set.language && !languages.includes(values.at(-1)!)) return null
  const scores: Record<string, number> = {}
  for (const [index, { key, min, max }] of set.attributes.entries()) {
    const value = plainInteger.test(values[index]!) ? Number(values[index]) : NaN
    if (!(value >= min && value <= max)) return null
    scores[key] = value
  }
  return { label: items.join(','), scores }
}

/**
 * Where the label begins in a sentence. Servers return the prompt as their tokenizer decodes it, so that it may differ
 * from what was sent: then the label token is found by its number, which a model that runs on into another turn does not
 * disturb.
 */
function labelStart(sentence: string, prompt: string, labelToken: string): number | null {
  const sent = prompt.lastIndexOf(labelToken) + labelToken.length
  if (sentence.startsWith(prompt)) return sent
  let at = -labelToken.length
  for (let left = prompt.split(labelToken).length - 1; left > 0; left--) {
    at = sentence.indexOf(labelToken, at + labelToken.length)
    if (at === -1) return null
  }
  return at + labelToken.length
}
