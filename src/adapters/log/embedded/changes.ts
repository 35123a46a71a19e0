/** How often readers look whether another process has written, in milliseconds. */
const pollMs = 20

/**
 * Wakes whoever waits for the log to change: at once for changes of this process, and every `pollMs` for those of
 * others, which LMDB does not announce. Nothing polls while nobody waits.
 */
export class Changes {
  readonly #waiting = new Set<() => void>()
  #poll: NodeJS.Timeout | undefined

  /** Wakes all. */
  announce(): void {
    clearTimeout(this.#poll)
    this.#poll = undefined
    const woken = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of woken) wake()
  }

  /** Resolves at the next announcement, when it is time to look again, or after `ms` milliseconds. */
  next(ms: number): Promise<void> {
    if (ms < pollMs) return new Promise(resolve => void setTimeout(resolve, ms))
    return new Promise(resolve => {
      this.#waiting.add(resolve)
      this.#poll ??= setTimeout(() => this.announce(), pollMs)
    })
  }
}
