import { type Tolerances, Tuner } from './tuner.js'

export interface CapacityOptions {
  /** Requests under way: a number, or where to begin to look for the best one and where to end. */
  readonly requests: number | { readonly start: number; readonly most: number }
  /** Prompts in a request: a number, or the most. */
  readonly batch: number | { readonly most: number }
}

/** What was so when a request was sent, to be handed back with its answer. */
export interface Sent {
  readonly epoch: number
  readonly filled: boolean
  readonly at: number
}

/** The headroom makes up for what the tolerance gives away, so that noise does not drive the number up. */
const ofRequests: Tolerances = { tolerance: 0.06, worth: 0, grain: 1 / 12 }
/** A server that works on prompts together gives far more for several; from there on every bit counts. */
const ofBatches: Tolerances = { tolerance: 0.02, worth: 0.15, grain: 1 / 4 }

const rest = { first: 10_000, most: 60_000 }

/**
 * How much a server is given: requests under way and prompts in a request, both found by trying. First the requests:
 * of a server with a lock one is enough, so that only larger requests help; then the prompts in a request.
 */
export class Capacity {
  readonly #requests: Tuner
  readonly #batch: Tuner
  #active: Tuner
  #skip = 0
  #epoch = 0

  constructor(options: CapacityOptions) {
    const headroom = (knee: number): number => Math.ceil(knee / 6)
    this.#requests = new Tuner({
      ...range(options.requests),
      taste: ofRequests,
      stride: 2,
      headroom,
      starved: 'keep',
      rest,
    })
    this.#batch = new Tuner({
      ...range(options.batch),
      taste: ofBatches,
      stride: 4,
      headroom: () => 0,
      starved: 'back',
      rest,
    })
    this.#active = this.#requests
  }

  /** Requests that may be under way. */
  get requests(): number {
    return this.#requests.value
  }

  /** Prompts in one request. */
  get batch(): number {
    return this.#batch.value
  }

  /** A request is sent; with it `underWay` requests are. */
  sent(prompts: number, underWay: number, now: number): Sent {
    return { epoch: this.#epoch, filled: prompts === this.batch && underWay >= this.requests, at: now }
  }

  answered(sent: Sent, now: number): void {
    if (sent.epoch === this.#epoch) this.#learn(sent, now)
    if (this.#active.searching) return
    const other = this.#active === this.#requests ? this.#batch : this.#requests
    if (other.searching) this.#active = other
    else if (this.#batch.due(now)) this.#begin(this.#batch)
    else if (this.#requests.due(now) && this.batch === 1) this.#begin(this.#requests)
  }

  /** The server had too much to do. */
  overloaded(sent: Sent, underWay: number, now: number): void {
    if (sent.epoch !== this.#epoch) return
    this.#requests.overloaded(underWay, now)
    this.#changed()
  }

  #begin(tuner: Tuner): void {
    this.#active = tuner
    tuner.again()
    this.#changed()
  }

  #learn(sent: Sent, now: number): void {
    if (!sent.filled) this.#active.unfilled(now)
    else if (this.#skip > 0) this.#skip--
    else this.#active.filled(now - sent.at, now, this.requests)
    this.#changed()
  }

  /** What is under way when a setting changes was sent under the old one, and those behind it wait for it. */
  #changed(): void {
    const epoch = this.#requests.epoch + this.#batch.epoch
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#skip = this.requests
  }
}

/** What a tuner needs to know of an option. */
const range = (option: number | { readonly start?: number; readonly most: number }) =>
  typeof option === 'number'
    ? { start: option, most: option, fixed: true }
    : { start: option.start ?? 1, most: option.most, fixed: option.most === 1 }
