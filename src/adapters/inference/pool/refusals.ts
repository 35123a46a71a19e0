import { type Sent } from './capacity.js'

/** The first of the refusals that came together. */
interface Refusal {
  readonly sent: Sent
  readonly underWay: number
  /** When no answer is waited for any longer. */
  readonly until: number
  /** When the server may be asked again, as it said itself; else at once. */
  readonly after: number
}

/** Weight of one outcome in the share of refusals, and the share from which on a server is full: a few have other reasons. */
const [weight, full] = [0.1, 0.25]

/** Longest wait for an answer or a last refusal, in milliseconds. */
const patienceMs = 1000

/**
 * What to make of a server that says it has too much to do (429, 503). If it refuses many and answers others, it is full:
 * it gets less. If nothing it has is answered, it is loading its model or going down: it is left alone. Until one or the
 * other shows, nothing more is sent.
 */
export class Refusals {
  #first: Refusal | null = null
  #share = 0

  /** Whether nothing is to be sent: the server said so, or it has `outstanding` requests that will show what it means. */
  waiting(now: number, outstanding: number): boolean {
    if (this.#first === null) return false
    return now < this.#first.after || (outstanding > 0 && now < this.#first.until)
  }

  /** When the wait is over, in milliseconds; null when there is none. */
  get until(): number | null {
    return this.#first ? Math.max(this.#first.until, this.#first.after) : null
  }

  /** A request was refused while `underWay` were at the server. True when none is left that could be answered. */
  refused(sent: Sent, underWay: number, now: number, retryAfterMs: number | null): boolean {
    this.#share += weight * (1 - this.#share)
    if (!this.waiting(now, underWay)) {
      const after = now + (retryAfterMs ?? 0)
      this.#first = { sent, underWay, until: now + patienceMs, after }
    }
    return underWay === 1
  }

  /** A request was answered: returns what the server was too full for, if it is full. */
  answered(): Refusal | null {
    const first = this.#share > full ? this.#first : null
    this.#first = null
    this.#share -= weight * this.#share
    return first
  }
}
