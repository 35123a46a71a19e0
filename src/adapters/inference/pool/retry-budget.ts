/** Retries that are allowed for each first attempt, those a second that are allowed always, and the most at once. */
const [share, perSecond, burst] = [0.5, 50, 500]

/**
 * Keeps retries from making a bad hour worse: they may be half as many as first attempts, and some a second whatever happens
 * (gRPC A6 and Envoy's retry budget). What goes beyond waits; nothing is given up for it.
 */
export class RetryBudget {
  #left = burst
  #at: number | null = null

  /** A first attempt was sent. */
  earned(): void {
    this.#left = Math.min(burst, this.#left + share)
  }

  /** Takes a retry out of the budget; returns the milliseconds after which it may be sent. */
  take(now: number): number {
    if (this.#at !== null) this.#left = Math.min(burst, this.#left + (perSecond * (now - this.#at)) / 1000)
    this.#at = now
    this.#left--
    return this.#left >= 0 ? 0 : (-this.#left / perSecond) * 1000
  }
}
