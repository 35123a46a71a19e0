import { type Builder, decodeString, scanJson } from './scan.js'

/**
 * The value of a JSON text as Python's `json.loads` understands it: like `JSON.parse`, but with `NaN`, `Infinity` and
 * `-Infinity`, and integers beyond 2^53 as bigints.
 * @throws STEERFLOW_INPUT_JSON when it is not JSON.
 */
export function parseJson(text: string): unknown {
  // The engine's own parser is right unless a long number is about, and fast.
  if (!longNumber.test(text)) {
    try {
      return JSON.parse(text) as unknown
    } catch {
      // Either one of Python's words or an error, which the scanner words.
    }
  }
  return scanJson(text, values)
}

/** Sixteen digits or more that are no fraction; below, every integer is exact. */
const longNumber = /(?:^|[^.0-9])[0-9]{16}/

const values: Builder<unknown> = {
  string: decodeString,
  number: (literal, isFloat) => {
    const value = Number(literal)
    return isFloat || Number.isSafeInteger(value) ? value : BigInt(literal)
  },
  word: word => words[word],
  array: items => items,
  object: members => Object.fromEntries(members),
}

const words = { null: null, true: true, false: false, NaN, Infinity, '-Infinity': -Infinity } as const
