import { SteerflowError } from '../errors.js'
import { type Builder, decodeString, scanJson } from './json.js'

/**
 * A double as Python's `repr` writes it: the shortest digits that identify it (as in JavaScript), positional from 1e-4 to
 * below 1e16, otherwise with an exponent of at least two digits.
 */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const [mantissa = '', power = ''] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16) {
    const padded = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${padded}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}

/**
 * A JSON text as Python's `json.dumps(json.loads(text), ensure_ascii=False)` gives it
 * (docs/reference/original-scripts.md#pythons-json), without converting numbers to JavaScript's: integers keep every digit,
 * floats have Python's spelling, keys keep their order, and the last value of a duplicate key takes the place of the first.
 * Python's own limit of 4,300 digits for an integer does not apply.
 * @throws STEERFLOW_INPUT_JSON when it is not JSON, or contains half of a surrogate pair, which UTF-8 cannot express.
 */
export const redump = (line: string): string => scanJson(line, dump)

/** Texts are joined with `+` alone, so that deep nesting is copied once, at the end. */
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

/** Whether the writer would write every escape of a literal in the same way: then the literal stays as it is. */
function isCanonical(literal: string): boolean {
  for (let slash = literal.indexOf('\\'); slash !== -1; slash = literal.indexOf('\\', slash + 2))
    if (!'"\\bfnrt'.includes(literal[slash + 1]!)) return false
  return literal.isWellFormed()
}

function quote(text: string): string {
  if (!text.isWellFormed()) throw new SteerflowError('STEERFLOW_INPUT_JSON', 'half of a surrogate pair in a string')
  return JSON.stringify(text)
}
