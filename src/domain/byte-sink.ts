/** A byte buffer that grows: one allocation for many small writes. */
export class ByteSink {
  private bytes: Buffer<ArrayBuffer>
  private used = 0

  /** @param room the initial capacity in bytes, or memory to write to */
  constructor(room: number | ArrayBuffer) {
    this.bytes = Buffer.from(typeof room === 'number' ? new ArrayBuffer(room) : room)
  }

  get length(): number {
    return this.used
  }

  /** Adds a text in UTF-8 and returns its length in bytes. */
  text(text: string): number {
    this.reserve(text.length * 3)
    const length = this.bytes.write(text, this.used, 'utf8')
    this.used += length
    return length
  }

  /** Adds a text in UTF-8 and a line end. Joining the two first would cost another copy. */
  line(text: string): void {
    this.reserve(text.length * 3 + 1)
    this.used += this.bytes.write(text, this.used, 'utf8')
    this.bytes[this.used++] = 0x0a
  }

  /** Adds bytes and a line end. */
  byteLine(bytes: Uint8Array): void {
    this.reserve(bytes.byteLength + 1)
    this.bytes.set(bytes, this.used)
    this.used += bytes.byteLength
    this.bytes[this.used++] = 0x0a
  }

  /** Adds numbers, eight bytes each. */
  numbers(values: readonly number[]): void {
    this.reserve(values.length * 8)
    for (const value of values) this.used = this.bytes.writeDoubleLE(value, this.used)
  }

  /** Adds a range of another sink's bytes. */
  copy(from: ByteSink, start: number, end: number): void {
    this.add(from.bytes, start, end)
  }

  /** Adds a range of these bytes. */
  add(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    this.bytes.set(from.subarray(start, end), this.used)
    this.used += end - start
  }

  /** Discards the content and keeps the memory. */
  clear(): void {
    this.used = 0
  }

  /** The content. It shares the sink's memory, so transferring it takes that memory away. */
  content(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.bytes.buffer, 0, this.used)
  }

  private reserve(more: number): void {
    const needed = this.used + more
    if (needed <= this.bytes.length) return
    const larger = Buffer.from(new ArrayBuffer(Math.max(needed, this.bytes.length * 2)))
    this.bytes.copy(larger, 0, 0, this.used)
    this.bytes = larger
  }
}
