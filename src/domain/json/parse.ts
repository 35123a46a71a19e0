import { deepest, isDeeper, tooDeep } from './depth.js'
import { type Builder, decodeString, scanJson } from './scan.js'

/**
 * The value of a JSON text: like `JSON.parse`, but with Python's `NaN`, `Infinity` and `-Infinity`. Integers beyond 2^53
 * are rounded; `parseExactly` keeps them.
 * @throws STEERFLOW_INPUT_JSON when it is not JSON, or nested deeper than what a source may hold.
 */
export function parseJson(text: string): unknown {
  if (isDeeper(text, deepest.source)) throw tooDeep(deepest.source)
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Either one of Python's words or an error, which the scanner words.
    return parseExactly(text)
  }
}

/** The value of a JSON text, in the strict sense; undefined when it is none, or nested more than 512 deep. */
export function parseOrUndefined(text: string): unknown {
  if (isDeeper(text, deepest.value)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/**
 * The value of a JSON text as Python's `json.loads` understands it, integers beyond 2^53 as bigints. Several times slower
 * than `parseJson`.
 * @throws STEERFLOW_INPUT_JSON when it is not JSON.
 */
export const parseExactly = (text: string): unknown => scanJson(text, values)

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
