import type { OutputStream } from './output.js'

/** Bytes of messages that wait for a reader at most: progress and log lines are of no use to one that is far behind. */
const mostWaiting = 4 * 2 ** 20

/**
 * Messages to people: the work never waits for whoever reads them, and goes on when nobody does. What a reader is too slow
 * for is left out, and the number of messages that were is said when it reads again.
 */
export class Messages {
  #left = 0

  constructor(private readonly output: OutputStream) {}

  write(text: string): void {
    if (this.output.waiting > mostWaiting) {
      this.#left += 1
      return
    }
    this.#send(this.#left > 0 ? `${this.#leftOut()}${text}` : text)
  }

  /** Resolves when the reader has everything, or is gone. */
  async drained(): Promise<void> {
    await this.output.drained().catch(() => undefined)
    if (this.#left === 0) return
    this.#send(this.#leftOut())
    await this.output.drained().catch(() => undefined)
  }

  #leftOut(): string {
    const note = `${JSON.stringify({ leftOut: this.#left, note: 'messages that nobody read in time' })}\n`
    this.#left = 0
    return note
  }

  #send(text: string): void {
    // Nobody is left who could be told.
    this.output.write(text).catch(() => undefined)
  }
}
