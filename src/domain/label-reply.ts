import { type AttributeSet, labelKeys, languages } from './attributes.js'
import type { PromptTokens } from './prompt-tokens.js'

/** A label returned by a value model: the text of the line, and the integers of its attributes. */
export interface LabelReply {
  readonly label: string
  readonly scores: Readonly<Record<string, number>>
}

/** The integer that Python's `int()` reads from a text: a sign, single underscores and surrounding space are allowed. */
export function pythonInt(text: string): number | null {
  const digits = /^\s*([+-]?\d+(?:_\d+)*)\s*$/.exec(text)?.[1]
  return digits === undefined ? null : Number(digits.replaceAll('_', ''))
}

/** The text from the last mention of the set's first key to the end of its line, where the original finds the label. */
function lastLine(sentence: string, firstKey: string): string | null {
  const start = sentence.lastIndexOf(firstKey)
  if (start === -1) return null
  return sentence.slice(start).split('\n', 1)[0]!.trim()
}

/**
 * Reads the label up to and including attribute `key` with its value from a sentence, as the original does
 * (docs/reference/original-scripts.md#reading-a-reply): earlier attributes are taken from the echo, and any integer is
 * accepted, on the scale or not. The language, whose value is null, is accepted if it is one of the 35 codes. Null if the
 * sentence has no such value.
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
 * Reads the whole label if a sentence continues the prompt with the set's keys in order, integers on their scales and a
 * known language, up to the end of the line. Further keys are dropped, as in the original. Otherwise null.
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

/** An integer in the spelling of training labels: no sign, no leading zeros. */
const plainInteger = /^(?:0|[1-9]\d*)$/

/** The label, if it has the keys of its set with integers on their scales and a known language; otherwise null. */
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
 * Finds where the label begins in a sentence. Servers return the prompt as their tokenizer decodes it, which may differ
 * from the one sent. Then the label token is found by counting label tokens, so that it does not matter if the model runs
 * on into another turn.
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
