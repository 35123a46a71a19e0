import type { OutputStream } from './output.js'

/** Limit on bytes of messages waiting for the reader; progress and log lines are useless to a reader that is far behind. */
const mostWaiting = 4 * 2 ** 20

/**
 * Messages for people. Work never waits for their reader, and continues without one. Messages that a slow reader misses are
 * dropped, and their number is reported once it reads again.
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

  /** Resolves when the reader has received everything or has gone. */
  async drained(): Promise<void> {
    await this.output.drained().catch(() => undefined)
    if (this.#left === 0) return
    this.#send(this.#leftOut())
    await this.output.drained().catch(() => undefined)
  }

  #leftOut(): string {
    const note = `${JSON.stringify({ leftOut: this.#left, note: 'messages dropped because the reader was too slow' })}\n`
    this.#left = 0
    return note
  }

  #send(text: string): void {
    // There is no reader left for an error message.
    this.output.write(text).catch(() => undefined)
  }
}
