import { createHash, type Hash } from 'node:crypto'
import type { Line } from './splitter.js'

const LF = 10
const CR = 13
const TAB = 9
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]
const headBytes = 256

/** Where the splitter is in the text. */
const enum Within {
  /** Between records. */
  Gap,
  /** In an object or a list, outside its texts. */
  Nest,
  /** Behind a line end in an object or a list: white space is left out. */
  Indent,
  Text,
  Escape,
  /** In a text, number or word that is an element itself. */
  Word,
  BareText,
  BareEscape,
}

const isBlank = (byte: number): boolean => byte === SPACE || byte === LF || byte === CR || byte === TAB

/**
 * Splits JSON text into records: the elements of an array, or objects one after another, on one line or many. A record comes
 * as a line: without the line ends and the indentation between its parts, which are no part of its content. Whether a record
 * is JSON is checked by its reader. Memory is bounded by `maxBytes`: larger elements are hashed and skipped.
 */
export class ElementSplitter {
  /** Why the rest of the text cannot be read; null as long as it can. */
  fault: string | null = null
  #within = Within.Gap
  #depth = 0
  #inArray = false
  /** Whether a comma may come next. */
  #hasValue = false
  #number = 0
  #textLine = 1
  /** Text line and offset of the current element's first byte. */
  #startLine = 1
  #start = 0
  #pushed = 0
  #held = Buffer.alloc(0)
  #heldBytes = 0
  #long: { readonly hash: Hash; head: Buffer; length: number } | null = null

  constructor(private readonly maxBytes: number) {}

  /** The elements that this chunk completes. Elements within the chunk may share its memory. */
  push(chunk: Buffer): Line[] {
    const found: Line[] = []
    if (this.fault !== null) return found
    /** Start of the bytes of the current element that are not held yet. */
    let from = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (byte === LF) this.#textLine++
      switch (this.#within) {
        case Within.Gap:
          if (isBlank(byte)) break
          if (!this.#inArray && byte === OPEN_ARRAY) {
            this.#inArray = true
            this.#hasValue = false
          } else if (this.#inArray && byte === CLOSE_ARRAY) {
            this.#inArray = false
            this.#hasValue = true
          } else if (byte === COMMA) {
            if (!this.#hasValue) {
              this.#begin(at)
              found.push(this.#complete(chunk, at, at))
            }
            this.#hasValue = false
          } else if (this.#inArray || byte === OPEN_OBJECT) {
            this.#begin(at)
            from = at
            this.#depth = 1
            if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#within = Within.Nest
            else this.#within = byte === QUOTE ? Within.BareText : Within.Word
          } else {
            this.fault = `text that is no JSON record stands at line ${this.#textLine}, behind ${this.#behind()}`
            return found
          }
          break
        case Within.Nest:
          if (byte === QUOTE) this.#within = Within.Text
          else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#depth++
          else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
            if (--this.#depth === 0) found.push(this.#complete(chunk, from, at + 1))
          } else if (byte === LF || byte === CR) {
            this.#hold(chunk, from, at)
            this.#within = Within.Indent
          }
          break
        case Within.Indent:
          if (isBlank(byte)) break
          from = at
          this.#within = Within.Nest
          at--
          break
        case Within.Text:
          if (byte === QUOTE) this.#within = Within.Nest
          else if (byte === BACKSLASH) this.#within = Within.Escape
          break
        case Within.Escape:
          this.#within = Within.Text
          break
        case Within.BareText:
          if (byte === QUOTE) found.push(this.#complete(chunk, from, at + 1))
          else if (byte === BACKSLASH) this.#within = Within.BareEscape
          break
        case Within.BareEscape:
          this.#within = Within.BareText
          break
        case Within.Word:
          if (!isBlank(byte) && byte !== COMMA && byte !== CLOSE_ARRAY) break
          found.push(this.#complete(chunk, from, at))
          // The line end was counted.
          if (byte === LF) this.#textLine--
          at--
          break
      }
    }
    if (this.#within !== Within.Gap && this.#within !== Within.Indent) this.#hold(chunk, from, chunk.length)
    this.#pushed += chunk.length
    return found
  }

  /** Why the text is not whole, after its end; null if it is. */
  end(): string | null {
    if (this.fault !== null) return this.fault
    if (this.#within !== Within.Gap) {
      const what = this.#inArray ? 'array' : 'text'
      return `the JSON ${what} ends early, within element ${this.#number}, which begins at line ${this.#startLine}`
    }
    return this.#inArray ? `the JSON array ends early, behind ${this.#behind()}: its "]" is missing` : null
  }

  #behind(): string {
    return this.#number === 0 ? 'its beginning' : `element ${this.#number}`
  }

  #begin(at: number): void {
    this.#number++
    this.#startLine = this.#textLine
    this.#start = this.#pushed + at
  }

  #complete(chunk: Buffer, from: number, to: number): Line {
    this.#within = Within.Gap
    this.#hasValue = true
    const place = { number: this.#number, offset: this.#start, textLine: this.#startLine, unit: 'element' } as const
    if (this.#heldBytes === 0 && this.#long === null && to - from <= this.maxBytes)
      return { kind: 'line', ...place, bytes: chunk.subarray(from, to) }
    this.#hold(chunk, from, to)
    const long = this.#long
    const bytes = Buffer.from(this.#held.subarray(0, this.#heldBytes))
    this.#heldBytes = 0
    this.#long = null
    if (long === null) return { kind: 'line', ...place, bytes }
    long.hash.update(bytes)
    return {
      kind: 'too-long',
      ...place,
      length: long.length + bytes.length,
      sha256: long.hash.digest('hex'),
      head: long.head,
    }
  }

  /** Keeps bytes of the current element. */
  #hold(chunk: Buffer, from: number, to: number): void {
    const length = to - from
    if (this.#held.length < this.#heldBytes + length) {
      const larger = Buffer.allocUnsafe(Math.max(1024, (this.#heldBytes + length) * 2))
      this.#held.copy(larger, 0, 0, this.#heldBytes)
      this.#held = larger
    }
    chunk.copy(this.#held, this.#heldBytes, from, to)
    this.#heldBytes += length
    if (this.#long === null && this.#heldBytes <= this.maxBytes) return
    const held = this.#held.subarray(0, this.#heldBytes)
    this.#long ??= { hash: createHash('sha256'), head: Buffer.from(held.subarray(0, headBytes)), length: 0 }
    this.#long.hash.update(held)
    this.#long.length += held.length
    this.#heldBytes = 0
    // Memory for a large element is not kept.
    if (this.#held.length > 1 << 20) this.#held = Buffer.alloc(0)
  }
}

/** How the records of a text stand in it. */
export type Shape = 'lines' | 'elements'

/** How much of a first line is examined. */
const examinedBytes = 1 << 20

/**
 * The shape of a text that begins like this; null if more of it is needed. An array has elements; so has a text whose first
 * line ends within an object that the next line continues. Everything else has a record on each line.
 */
export function shapeOf(head: Buffer, isWhole: boolean): Shape | null {
  let at = head.subarray(0, 3).equals(Buffer.from('efbbbf', 'hex')) ? 3 : 0
  while (at < head.length && isBlank(head[at]!)) at++
  if (head[at] === OPEN_ARRAY) return 'elements'
  const unknown = isWhole || head.length >= examinedBytes ? 'lines' : null
  if (at >= head.length) return unknown
  if (head[at] !== OPEN_OBJECT) return 'lines'
  const nested: number[] = []
  let last = 0
  let inText = false
  for (; at < head.length; at++) {
    const byte = head[at]!
    if (byte === LF || byte === CR) break
    if (inText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inText = false
    } else if (byte === QUOTE) inText = true
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) nested.push(byte)
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) nested.pop()
    if (!isBlank(byte)) last = byte
  }
  if (at >= head.length) return unknown
  if (inText || nested.length === 0) return 'lines'
  while (at < head.length && isBlank(head[at]!)) at++
  if (at >= head.length) return unknown
  const next = head[at]!
  const isInObject = nested.at(-1) === OPEN_OBJECT
  const closes = next === (isInObject ? CLOSE_OBJECT : CLOSE_ARRAY)
  const continues =
    last === OPEN_OBJECT || last === OPEN_ARRAY || last === COMMA
      ? closes || !isInObject || next === QUOTE
      : last === 58 || closes || next === COMMA
  return continues ? 'elements' : 'lines'
}
