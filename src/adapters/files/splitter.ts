import { createHash, type Hash } from 'node:crypto'

/** A line's position: its number from 1, and the offset of its first byte in the decompressed input. */
interface Place {
  readonly number: number
  readonly offset: number
  /** Set if the record is an element of a JSON array or a row of Parquet; its number is then the element's or row's. */
  readonly unit?: 'element' | 'row'
  /** The line on which an element begins. */
  readonly textLine?: number
  /** Set on a last line without a line end. */
  readonly unended?: true
}

/** A line without its line end. */
export interface FullLine extends Place {
  readonly kind: 'line'
  readonly bytes: Buffer
}

/** A skipped line above the length limit, with data to identify it. */
export interface LongLine extends Place {
  readonly kind: 'too-long'
  /** Bytes of the line without its line end. */
  readonly length: number
  readonly sha256: string
  /** The first bytes, at most 256. */
  readonly head: Buffer
}

export type Line = FullLine | LongLine

/** The place of a record for messages: its element or row, and for an element the line. */
export const placeOf = ({ number, unit, textLine }: Line): string =>
  `${unit ?? 'line'} ${number}${textLine === undefined ? '' : ` (line ${textLine})`}`

const LF = 10
const CR = 13
const headBytes = 256

/**
 * Splits bytes into lines as Python's universal newlines do: only `
 * `, `\r
 * ` and a lone `\r` end a line (not U+2028, U+2029 or U+0085). Memory is bounded by `maxLineBytes`: longer lines are hashed
 * and skipped.
 */
export class LineSplitter {
  private number = 1
  /** Offset after the last pushed byte. */
  private pushed: number
  /** Offset of the first byte of the current line. */
  private start: number
  private held: Buffer[] = []
  private heldBytes = 0
  private long: { readonly hash: Hash; head: Buffer; length: number } | null = null
  /**
   * True if the last pushed byte was a `\r` that ended a line: a following `
   * ` belongs to it.
   */
  private afterCr = false

  /** @param start offset of the first pushed byte */
  constructor(
    private readonly maxLineBytes: number,
    start = 0,
  ) {
    this.pushed = start
    this.start = start
  }

  /** The lines that this chunk completes. Lines within the chunk share its memory. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = []
    let at = 0
    if (this.afterCr && chunk.length > 0) {
      this.afterCr = false
      if (chunk[0] === LF) {
        at = 1
        this.start += 1
      }
    }
    let cr = chunk.indexOf(CR, at)
    let lf = chunk.indexOf(LF, at)
    while (cr !== -1 || lf !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr
      const last = end === cr && lf === cr + 1 ? lf : end
      lines.push(this.complete(chunk.subarray(at, end), this.pushed + last + 1))
      at = last + 1
      if (end === cr && at === chunk.length && last === end) this.afterCr = true
      if (cr !== -1 && cr < at) cr = chunk.indexOf(CR, at)
      if (lf !== -1 && lf < at) lf = chunk.indexOf(LF, at)
    }
    if (at < chunk.length) this.hold(chunk.subarray(at))
    this.pushed += chunk.length
    return lines
  }

  /** The last line, if the input does not end with a line end. */
  end(): Line[] {
    return this.pushed > this.start ? [{ ...this.complete(Buffer.alloc(0), this.pushed), unended: true }] : []
  }

  private hold(part: Buffer): void {
    if (part.length === 0) return
    this.held.push(part)
    this.heldBytes += part.length
    if (this.long === null && this.heldBytes <= this.maxLineBytes) return
    this.long ??= { hash: createHash('sha256'), head: Buffer.alloc(0), length: 0 }
    for (const bytes of this.held) {
      this.long.hash.update(bytes)
      this.long.length += bytes.length
      if (this.long.head.length < headBytes)
        this.long.head = Buffer.concat([this.long.head, bytes.subarray(0, headBytes - this.long.head.length)])
    }
    this.held = []
    this.heldBytes = 0
  }

  private complete(last: Buffer, next: number): Line {
    const place = { number: this.number, offset: this.start }
    this.number += 1
    this.start = next
    if (this.long === null && this.heldBytes === 0 && last.length <= this.maxLineBytes)
      return { kind: 'line', ...place, bytes: last }
    this.hold(last)
    const { long } = this
    const bytes = this.held.length === 1 ? this.held[0]! : Buffer.concat(this.held)
    this.held = []
    this.heldBytes = 0
    this.long = null
    if (long === null) return { kind: 'line', ...place, bytes }
    return { kind: 'too-long', ...place, length: long.length, sha256: long.hash.digest('hex'), head: long.head }
  }
}
