import { SteerflowError } from '../errors.js'
import { deepest, tooDeep } from './depth.js'

/** What becomes of the parts of a JSON text; `V` is what a value becomes. */
export interface Builder<V> {
  /** A string as it is spelled, quotes included. */
  string(literal: string): V
  /** A number as it is spelled; with a fraction or exponent it is a float. */
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
 * Reads one JSON text as Python's `json.loads` does (strict, with `NaN`, `Infinity` and `-Infinity`), without
 * recursion.
 * @throws STEERFLOW_INPUT_JSON with the position, in UTF-16 units from 0, of what is wrong; when it is nested deeper than
 * what a source may hold.
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
  /** The first backslash at or behind a position, remembered: most strings have none, and texts are long. */
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
  /** A value without parts, or null when it opens an array or object, which is pushed. */
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
    // A complete value is put into the frame around it, which it may complete in turn.
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
 * The text that a string literal stands for.
 * @throws STEERFLOW_INPUT_JSON for an escape that JSON does not know.
 */
export function decodeString(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return JSON.parse(literal) as string
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_INPUT_JSON', `wrong escape in the string ${literal.slice(0, 40)}`, { cause })
  }
}
