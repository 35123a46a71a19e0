import { backoff, type Backoff } from '../../../runtime/retry.js'

/** When an endpoint is left alone, and for how long. */
export interface BreakerOptions {
  /** Failures in a row, of requests that never failed before, after which an endpoint is ejected. */
  readonly failures: number
  /** Length of the first and of the longest pause, in milliseconds. */
  readonly pause: Backoff
  readonly random: () => number
}

/** How a request failed. */
export interface Failure {
  /** Whether it was the probe of a half open breaker. */
  readonly probe: boolean
  /** The endpoint is surely not to be used: no connection, or nothing but refusals. */
  readonly certain: boolean
  /** The server said itself how long to stay away, in milliseconds. */
  readonly leastMs?: number
  /** Too many others are out already: without certainty this one stays in. */
  readonly spared?: boolean
}

/**
 * Whether an endpoint is used. Closed: yes. Open after failures: not until a jittered pause is over. Then half open: one
 * request tries, and its outcome closes the breaker or opens it for longer.
 */
export class Breaker {
  #failures = 0
  #ejections = 0
  #openUntil = 0
  #probing = false

  constructor(private readonly options: BreakerOptions) {}

  /** Whether a request may be sent at `now` (milliseconds). */
  admits(now: number): boolean {
    return this.#ejections === 0 || (now >= this.#openUntil && !this.#probing)
  }

  /** When the next probe may be sent, in milliseconds; null when nothing is waited for. */
  get opensAt(): number | null {
    return this.#ejections > 0 && !this.#probing ? this.#openUntil : null
  }

  get ejected(): boolean {
    return this.#ejections > 0
  }

  /** A request is sent; true when it is the probe of a half open breaker, to be handed back with its outcome. */
  sent(): boolean {
    this.#probing = this.ejected
    return this.#probing
  }

  succeeded(): void {
    this.#failures = 0
    this.#ejections = 0
    this.#probing = false
  }

  /** A request ended in a way that says nothing about the endpoint. */
  undecided(probe: boolean): void {
    if (probe) this.#probing = false
  }

  /** A request failed at `now`. Of requests sent before an ejection, what comes in after it changes nothing. */
  failed(now: number, { probe, certain, leastMs = 0, spared = false }: Failure): void {
    if (probe) this.#probing = false
    else if (this.ejected) return
    this.#failures++
    if (!certain && !probe && (spared || this.#failures < this.options.failures)) return
    this.#ejections++
    this.#openUntil = now + Math.max(leastMs, backoff(this.#ejections, this.options.pause, this.options.random))
  }
}
