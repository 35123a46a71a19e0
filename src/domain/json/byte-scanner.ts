import type { ByteMap } from './byte-map.js'

/** Thrown for input that the scanner does not handle; the caller then reads the text in another way, which words errors. */
export class Unusual extends Error {}

const unusual = new Unusual('not in the usual form')

/** @throws Unusual, always the same one, since making an error costs more than reading a short line. */
export const giveUp = (): never => {
  throw unusual
}

/** A table of the bytes that a pattern matches. */
const table = (pattern: RegExp) =>
  Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0))

const space = table(/[ \t\n\r]/)
const digit = table(/[0-9]/)
const hex = table(/[0-9a-fA-F]/)
/** Characters that stand for themselves in a string. */
const ordinary = table(/[^\x00-\x1f"\\]/)
/** Characters after a backslash for which Python and JavaScript write the same escape. */
const kept = table(/["\\bfnrt]/)

const byteOf = (character: string): number => character.charCodeAt(0)
const [quote, backslash, slash, u] = [byteOf('"'), byteOf('\\'), byteOf('/'), byteOf('u')]
const [minus, plus, point, zero] = [byteOf('-'), byteOf('+'), byteOf('.'), byteOf('0')]
const [e, upperE] = [byteOf('e'), byteOf('E')]
const [colon, comma] = [byteOf(':'), byteOf(',')]
const words = ['true', 'false', 'null'].map(word => Buffer.from(word))

export const openObject = byteOf('{')
export const openList = byteOf('[')
/** The distance in ASCII from an opening bracket of either kind to its closing one. */
const toClosing = 2

/** Maximum nesting of objects and lists, which bounds the recursion. */
const deepest = 256

/**
 * Reads JSON in place, from valid UTF-8, and makes values only on request. It accepts nothing that `JSON.parse` refuses, but
 * not everything that `JSON.parse` accepts.
 */
export class ByteScanner {
  bytes: Uint8Array = new Uint8Array(0)
  private at = 0
  private levels = 0
  /** The range of the string last read, without its quotes, or of the number last read. */
  start = 0
  stop = 0
  /** Whether that string has no escapes. */
  plain = true
  /** Whether that string has the spelling of Python and JavaScript. */
  canonical = true

  open(bytes: Uint8Array): void {
    this.bytes = bytes
    this.at = 0
    this.levels = 0
  }

  /** Checks that nothing follows. */
  close(): void {
    this.peek()
    if (this.at < this.bytes.length) giveUp()
  }

  /** Opens an object or list and returns whether it has a part; after each part, `more` returns whether another follows. */
  enter(open: number): boolean {
    this.expect(open)
    if (++this.levels > deepest) giveUp()
    if (!this.take(open + toClosing)) return true
    this.levels--
    return false
  }

  more(open: number): boolean {
    if (this.take(comma)) return true
    this.expect(open + toClosing)
    this.levels--
    return false
  }

  /** Reads a key and returns its value in `known`. */
  key<V>(known: ByteMap<V>): V | undefined {
    this.string()
    // Without escapes, keys are equal exactly if their bytes are.
    if (!this.plain) giveUp()
    this.expect(colon)
    return known.get(this.bytes, this.start, this.stop)
  }

  string(): void {
    this.expect(quote)
    const { bytes } = this
    let { at } = this
    this.start = at
    this.plain = true
    this.canonical = true
    for (;;) {
      while (at < bytes.length && ordinary[bytes[at]!] === 1) at++
      if (at >= bytes.length) giveUp()
      if (bytes[at] === quote) break
      at = bytes[at] === backslash ? this.escape(at + 1) : giveUp()
    }
    this.stop = at
    this.at = at + 1
  }

  /** Reads the character after a backslash, and returns the position after the escape. */
  private escape(at: number): number {
    const { bytes } = this
    this.plain = false
    if (kept[bytes[at]!] === 1) return at + 1
    this.canonical = false
    if (bytes[at] === slash) return at + 1
    if (bytes[at] !== u || at + 5 > bytes.length) giveUp()
    for (let next = at + 1; next < at + 5; next++) if (hex[bytes[next]!] === 0) giveUp()
    return at + 5
  }

  number(): void {
    this.peek()
    const { bytes } = this
    let { at } = this
    this.start = at
    if (bytes[at] === minus) at++
    const whole = at
    at = this.digits(at)
    if (bytes[whole] === zero && at > whole + 1) giveUp()
    if (bytes[at] === point) at = this.digits(at + 1)
    if (bytes[at] === e || bytes[at] === upperE) {
      at++
      if (bytes[at] === minus || bytes[at] === plus) at++
      at = this.digits(at)
    }
    this.stop = at
    this.at = at
  }

  /** The text of the number or the spelling of the string last read, unless another range is given. */
  text(start = this.start, stop = this.stop): string {
    const { buffer, byteOffset } = this.bytes
    return Buffer.from(buffer, byteOffset + start, stop - start).toString('utf8')
  }

  /** The end of the digits that begin here; there must be at least one. */
  private digits(from: number): number {
    const { bytes } = this
    let at = from
    while (at < bytes.length && digit[bytes[at]!] === 1) at++
    return at > from ? at : giveUp()
  }

  /** Skips one value of any kind. */
  skip(): void {
    const first = this.peek()
    if (first === quote) this.string()
    else if (first === minus || digit[first] === 1) this.number()
    else if (first === openObject || first === openList) {
      if (!this.enter(first)) return
      do {
        if (first === openObject) {
          this.string()
          this.expect(colon)
        }
        this.skip()
      } while (this.more(first))
    } else this.word()
  }

  private word(): void {
    const word = words.find(([first]) => first === this.bytes[this.at]) ?? giveUp()
    for (const byte of word) if (this.bytes[this.at++] !== byte) giveUp()
  }

  /** The next byte that is not white space; 0 at the end. */
  private peek(): number {
    const { bytes } = this
    let { at } = this
    while (at < bytes.length && space[bytes[at]!] === 1) at++
    this.at = at
    return at < bytes.length ? bytes[at]! : 0
  }

  private take(byte: number): boolean {
    if (this.peek() !== byte) return false
    this.at++
    return true
  }

  private expect(byte: number): void {
    if (!this.take(byte)) giveUp()
  }
}
