import { readLines, type ReadLinesOptions } from '../../adapters/files/lines.js'
import type { LongLine } from '../../adapters/files/splitter.js'

/** Offsets and lengths of a file's lines, in 16 bytes per line, so that shuffling moves no text. */
export class LineIndex {
  private offsets = new Float64Array(1024)
  private lengths = new Float64Array(1024)
  private count = 0
  /** Lines above the length limit, by index. */
  readonly long = new Map<number, LongLine>()

  get size(): number {
    return this.count
  }

  /** Offset of a line's first byte. */
  offset(line: number): number {
    return this.offsets[line]!
  }

  /** Bytes of a line without its line end. */
  length(line: number): number {
    return this.lengths[line]!
  }

  add(offset: number, length: number): void {
    if (this.count === this.offsets.length) {
      this.offsets = doubled(this.offsets)
      this.lengths = doubled(this.lengths)
    }
    this.offsets[this.count] = offset
    this.lengths[this.count] = length
    this.count += 1
  }
}

function doubled(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2)
  larger.set(values)
  return larger
}

/** Reads a file once and records the positions of its lines. */
export async function indexLines(path: string, options: ReadLinesOptions): Promise<LineIndex> {
  const index = new LineIndex()
  for await (const batch of readLines(path, options)) {
    for (const line of batch) {
      if (line.kind === 'too-long') index.long.set(index.size, line)
      index.add(line.offset, line.kind === 'line' ? line.bytes.length : line.length)
    }
  }
  return index
}
