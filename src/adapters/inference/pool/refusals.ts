import { type Sent } from './capacity.js'

/** The first of the refusals that came together. */
interface Refusal {
  readonly sent: Sent
  readonly underWay: number
  readonly until: number
}

/** Longest wait for an answer or a last refusal, when the server named no time. */
const patienceMs = 1000

/**
 * What to make of a server that says it has too much to do (429, 503). If it still answers others, it is full: it gets
 * less. If nothing it has is answered, it is loading its model or going down: it is left alone. Until one or the other
 * shows, nothing more is sent.
 */
export class Refusals {
  #first: Refusal | null = null

  /** Whether it is waited what a refusal means. */
  waiting(now: number): boolean {
    return this.#first !== null && now < this.#first.until
  }

  /** When the wait is over, in milliseconds; null when there is none. */
  get until(): number | null {
    return this.#first?.until ?? null
  }

  /** A request was refused while `underWay` were at the server. True when none is left that could be answered. */
  refused(sent: Sent, underWay: number, now: number, retryAfterMs: number | null): boolean {
    if (!this.waiting(now)) this.#first = { sent, underWay, until: now + (retryAfterMs ?? patienceMs) }
    return underWay === 1
  }

  /** A request was answered: returns what the server was too full for, if anything. */
  answered(): Refusal | null {
    const first = this.#first
    this.#first = null
    return first
  }
}
