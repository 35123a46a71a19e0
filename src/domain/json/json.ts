import { SteerflowError } from '../errors.js'

/**
 * Maximum nesting of input, by kind. A few MB of brackets would become hundreds of MB of values, and writers recurse as deep
 * as values go. Trees of messages nest twice for each turn: 10,000 turns are well within the limit of sources.
 */
export const deepest = { value: 512, source: 32_768 } as const

/** Whether a JSON text is nested deeper than `most`. Cheap for a text with fewer brackets, as nearly all are. */
export function isDeeper(text: string, most: number): boolean {
  // A shorter text cannot close that many brackets.
  if (text.length <= 2 * most) return false
  let opened = 0
  for (const open of '[{') {
    for (let at = text.indexOf(open); at !== -1; at = text.indexOf(open, at + 1)) {
      if (++opened > most) return nestsDeeper(text, most)
    }
  }
  return false
}

/** Whether brackets outside of strings are nested deeper than `most`. */
function nestsDeeper(text: string, most: number): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (quoted) {
      if (code === backslash) at++
      else if (code === quote) quoted = false
    } else if (code === quote) quoted = true
    else if (code === bracket.open || code === brace.open) {
      if (++depth > most) return true
    } else if (code === bracket.close || code === brace.close) depth--
  }
  return false
}

const [quote, backslash] = [0x22, 0x5c]
const bracket = { open: 0x5b, close: 0x5d }
const brace = { open: 0x7b, close: 0x7d }

export const tooDeep = (most: number): SteerflowError =>
  new SteerflowError('STEERFLOW_INPUT_JSON', `nested deeper than ${most} levels`)

/** Builds values from the parts of a JSON text; `V` is the type of the values. */
export interface Builder<V> {
  /** A string in its spelling, quotes included. */
  string(literal: string): V
  /** A number in its spelling; with a fraction or exponent it is a float. */
  number(literal: string, isFloat: boolean): V
  word(word: 'null' | 'true' | 'false' | 'NaN' | 'Infinity' | '-Infinity'): V
  array(items: readonly V[]): V
  /** Keys decoded, in order of their first appearance, each with its last value: as in a Python dict. */
  object(members: ReadonlyMap<string, V>): V
}

type Frame<V> =
  | { readonly kind: 'array'; readonly items: V[] }
  | { readonly kind: 'object'; readonly members: Map<string, V>; key: string }

const numberPattern = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y
const wordPattern = /null|true|false|NaN|Infinity|-Infinity/y
const space = /[ \t\n\r]*/y
const control = /[\x00-\x1f]/

/**
 * Reads one JSON text like Python's `json.loads` (strict, with `NaN`, `Infinity` and `-Infinity`), without recursion.
 * @throws STEERFLOW_INPUT_JSON with the position of the fault, in UTF-16 units from 0; also when it is nested deeper than a
 * source may be.
 */
export function scanJson<V>(text: string, build: Builder<V>): V {
  let at = 0
  const frames: Frame<V>[] = []

  const wrong = (expected: string) => new SteerflowError('STEERFLOW_INPUT_JSON', `${expected} expected at ${at}`)
  const skipSpace = () => {
    const code = text.charCodeAt(at)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
    space.lastIndex = at
    space.test(text)
    at = space.lastIndex
  }
  const take = (character: string): boolean => {
    skipSpace()
    if (text[at] !== character) return false
    at += 1
    return true
  }
  /** The first backslash at or after a position, remembered: most strings have none, and texts are long. */
  let slash = text.indexOf('\\')
  const slashFrom = (from: number): number => {
    if (slash !== -1 && slash < from) slash = text.indexOf('\\', from)
    return slash
  }
  /** The string literal that begins here. */
  const literal = (): string => {
    const start = at
    let end = text.indexOf('"', at + 1)
    for (let escape = slashFrom(at + 1); escape !== -1 && escape < end; escape = slashFrom(escape + 2))
      if (escape + 1 === end) end = text.indexOf('"', end + 1)
    if (end === -1) throw wrong('the end of the string that begins')
    at = end + 1
    const found = text.slice(start, at)
    if (control.test(found))
      throw new SteerflowError('STEERFLOW_INPUT_JSON', `control character in the string at ${start}`)
    return found
  }
  const key = (): string => {
    skipSpace()
    if (text[at] !== '"') throw wrong('a key in double quotes')
    const name = decodeString(literal())
    if (!take(':')) throw wrong('":"')
    return name
  }
  /** A value without parts; null if it opens an array or object, which is pushed. */
  const scalar = (): { readonly value: V } | null => {
    skipSpace()
    const character = text[at]
    if (character === '"') return { value: build.string(literal()) }
    if (character === '{' || character === '[') {
      at += 1
      if (frames.length === deepest.source) throw tooDeep(deepest.source)
      frames.push(character === '[' ? { kind: 'array', items: [] } : { kind: 'object', members: new Map(), key: '' })
      return null
    }
    numberPattern.lastIndex = at
    const number = numberPattern.exec(text)
    if (number) {
      at = numberPattern.lastIndex
      return { value: build.number(number[0], number[1] !== undefined || number[2] !== undefined) }
    }
    wordPattern.lastIndex = at
    const word = wordPattern.exec(text)
    if (!word) throw wrong('a value')
    at = wordPattern.lastIndex
    return { value: build.word(word[0] as Parameters<Builder<V>['word']>[0]) }
  }

  for (;;) {
    let complete = scalar()
    // A frame just opened: empty, or its first member begins.
    if (complete === null) {
      const frame = frames.at(-1)!
      if (frame.kind === 'array' && take(']')) complete = { value: build.array(frame.items) }
      else if (frame.kind === 'object' && take('}')) complete = { value: build.object(frame.members) }
      else {
        if (frame.kind === 'object') frame.key = key()
        continue
      }
      frames.pop()
    }
    // A complete value is added to the frame around it, which it may complete in turn.
    for (;;) {
      const frame = frames.at(-1)
      if (!frame) {
        skipSpace()
        if (at < text.length) throw wrong('nothing more')
        return complete.value
      }
      if (frame.kind === 'array') {
        frame.items.push(complete.value)
        if (take(',')) break
        if (!take(']')) throw wrong('"," or "]"')
        complete = { value: build.array(frame.items) }
      } else {
        frame.members.set(frame.key, complete.value)
        if (take(',')) {
          frame.key = key()
          break
        }
        if (!take('}')) throw wrong('"," or "}"')
        complete = { value: build.object(frame.members) }
      }
      frames.pop()
    }
  }
}

/**
 * The text of a string literal.
 * @throws STEERFLOW_INPUT_JSON for an escape that JSON does not have.
 */
export function decodeString(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return JSON.parse(literal) as string
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_INPUT_JSON', `wrong escape in the string ${literal.slice(0, 40)}`, { cause })
  }
}

/**
 * The value of a JSON text: like `JSON.parse`, but with Python's `NaN`, `Infinity` and `-Infinity`. Integers beyond 2^53
 * are rounded; `parseExactly` keeps them.
 * @throws STEERFLOW_INPUT_JSON when it is not JSON, or is nested deeper than a source may be.
 */
export function parseJson(text: string): unknown {
  if (isDeeper(text, deepest.source)) throw tooDeep(deepest.source)
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Either it contains one of Python's words, or it is wrong and the scanner words the error.
    return parseExactly(text)
  }
}

/** The value of a JSON text in the strict sense; undefined if it is not one, or is nested more than 512 deep. */
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

/**
 * Writes JSON like Python's `json.dumps(value, ensure_ascii=False)` (docs/reference/original-scripts.md#pythons-json). Keys
 * with the value `undefined` are left out. Numbers have JavaScript's spelling; `redump` keeps that of a text instead.
 */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const parts: string[] = []
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) parts.push(`${JSON.stringify(key)}: ${pythonJson(item)}`)
    }
    return `{${parts.join(', ')}}`
  }
  return JSON.stringify(value)
}
