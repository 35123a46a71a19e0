import { SteerflowError } from '../errors.js'
import { pythonFloat } from './float.js'
import { type Builder, decodeString, scanJson } from './scan.js'

/**
 * A JSON text as Python's `json.dumps(json.loads(text), ensure_ascii=False)` gives it (steerlm-scripts §2), without a
 * detour through JavaScript's numbers: integers keep every digit, floats are spelled as Python does, keys keep their
 * order, and of duplicate keys the last value stands at the first one's place. Python's own limit of 4,300 digits for
 * an integer does not apply.
 * @throws STEERFLOW_INPUT_JSON when it is not JSON, or holds half of a surrogate pair, which UTF-8 cannot express.
 */
export const redump = (line: string): string => scanJson(line, dump)

/** Texts are joined with `+` alone, so that a deep nesting is copied once, at the end. */
const dump: Builder<string> = {
  string: literal => (isCanonical(literal) ? literal : quote(decodeString(literal))),
  number: (literal, isFloat) => (isFloat ? pythonFloat(Number(literal)) : literal === '-0' ? '0' : literal),
  word: word => word,
  array: items => {
    let text = '['
    for (const [index, item] of items.entries()) text += index === 0 ? item : ', ' + item
    return text + ']'
  },
  object: members => {
    let text = '{'
    for (const [key, value] of members) text += (text.length === 1 ? '' : ', ') + quote(key) + ': ' + value
    return text + '}'
  },
}

/** Whether every escape of a literal is one that the writer would write: then it stays as it is. */
function isCanonical(literal: string): boolean {
  for (let slash = literal.indexOf('\\'); slash !== -1; slash = literal.indexOf('\\', slash + 2))
    if (!'"\\bfnrt'.includes(literal[slash + 1]!)) return false
  return literal.isWellFormed()
}

function quote(text: string): string {
  if (!text.isWellFormed()) throw new SteerflowError('STEERFLOW_INPUT_JSON', 'half of a surrogate pair in a string')
  return JSON.stringify(text)
}
