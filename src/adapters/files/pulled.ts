/** Bytes that are taken from the front of chunks, in the sizes that a format needs. */
export class Pulled {
  #held: Buffer = Buffer.alloc(0)
  readonly #chunks: AsyncIterator<Buffer>
  /** Number of bytes taken. */
  taken = 0

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** The next bytes without taking them: fewer only at the end. */
  async peek(bytes: number): Promise<Buffer> {
    while (this.#held.length < bytes) {
      const next = await this.#chunks.next()
      if (next.done) break
      this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value])
    }
    return this.#held.subarray(0, bytes)
  }

  /** Takes so many bytes; null if the input ends before. */
  async take(bytes: number): Promise<Buffer | null> {
    const found = await this.peek(bytes)
    if (found.length < bytes) return null
    this.drop(bytes)
    return found
  }

  /** Some of the next bytes without taking them, at most so many; none at the end. */
  async some(most: number): Promise<Buffer> {
    await this.peek(1)
    return this.#held.subarray(0, most)
  }

  /** Takes bytes that were peeked at. */
  drop(bytes: number): void {
    this.#held = this.#held.subarray(bytes)
    this.taken += bytes
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}
