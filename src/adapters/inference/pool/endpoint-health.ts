import type { Attempt } from './attempt.js'
import type { Sent } from './capacity.js'
import { backoff, type Backoff } from '../../../runtime/retry.js'

/** Milliseconds without an answer after which a silence is reported; then again whenever it has doubled. */
export const silentAfterMs = 10_000

/** An answer is late if it takes this multiple of the usual time. */
const late = 3

interface SilenceOptions {
  readonly afterMs: number
  /** Mean latency of this server in milliseconds; 0 while unknown. */
  readonly usualMs: () => number
  /** Called `ms` after the last sign of life of a server with requests. */
  readonly silent: (ms: number) => void
  /** Called when the server responds after a reported silence. */
  readonly heard: (ms: number) => void
}

/**
 * Notices a server that accepts requests and does not respond, long before the deadline of an answer. The silence
 * begins with the first request, or with the last response.
 */
export class Silence {
  #asked = 0
  #since: number | null = null
  #told = false
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly options: SilenceOptions) {}

  /** Start of a reported silence, by `performance.now`; null if none is reported. */
  get since(): number | null {
    return this.#told ? this.#since : null
  }

  asked(): void {
    if (this.#asked++ === 0) this.#begin()
  }

  /** The server responded, with whatever result. */
  heard(): void {
    if (this.#told && this.#since !== null) this.options.heard(performance.now() - this.#since)
    this.#begin()
  }

  /** A request has ended, with or without an answer. */
  ended(): void {
    if (--this.#asked > 0) return
    clearTimeout(this.#timer)
    this.#since = null
    this.#told = false
  }

  #begin(): void {
    this.#since = performance.now()
    this.#told = false
    this.#lookIn(Math.max(this.options.afterMs, late * this.options.usualMs()))
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#since === null) return
      const lasts = performance.now() - this.#since
      this.#told = true
      this.options.silent(lasts)
      this.#lookIn(lasts)
    }, ms)
  }
}

export const silenceText = (ms: number): string => `asked ${Math.round(ms / 1000)} s ago, no answer yet`

/**
 * Consecutive replies that are no label line after which an endpoint is queried attribute by attribute: one that never
 * gave a whole line, and one that did.
 */
const tries = { never: 3, before: 20 }

/** Turns queried attribute by attribute between two attempts with a line: at first, and at most. */
const between = { first: 32, most: 1024 }

export type AskedBy = 'line' | 'attributes'

/**
 * Tracks whether an endpoint's model continues a prompt with a whole label line. An endpoint that does not gets a line
 * request now and then, ever more rarely: it may have been warming up, or may have got another model.
 */
export class LineSupport {
  #accepted = false
  #failed = 0
  #wait = 0
  #skipped = 0

  /** @param changed called when the way of querying changes, with the reason */
  constructor(
    private readonly wanted: boolean,
    private readonly changed: (asked: AskedBy, reason: string) => void = () => undefined,
  ) {}

  get asked(): AskedBy {
    return this.wanted && this.#wait === 0 ? 'line' : 'attributes'
  }

  /** True if the next turn is requested as a line. */
  take(): boolean {
    if (!this.wanted || this.#wait === 0) return this.wanted
    if (this.#skipped++ < this.#wait) return false
    this.#skipped = 0
    return true
  }

  accepted(): void {
    const back = this.#wait > 0
    this.#accepted = true
    this.#failed = 0
    this.#wait = 0
    if (back) this.changed('line', 'it gave a whole label line again')
  }

  failed(): void {
    if (++this.#failed < (this.#accepted ? tries.before : tries.never)) return
    const begins = this.#wait === 0
    // Failures of requests that were under way at the switch are no new evidence.
    if (begins || this.#skipped === 0) this.#wait = Math.min(between.most, this.#wait * 2 || between.first)
    if (begins) this.changed('attributes', `${this.#failed} answers in a row contained no whole label line`)
  }
}

/** The first of several simultaneous refusals. */
interface Refusal {
  readonly sent: Sent
  readonly underWay: number
  /** End of the wait for an answer. */
  readonly until: number
  /** Earliest next request by the server's Retry-After; without one, at once. */
  readonly after: number
}

/**
 * Smoothing factor of the refusal rate, and the rate above which a server counts as full. Occasional refusals have
 * other causes.
 */
const [weight, full] = [0.1, 0.25]

/** Longest wait for an answer or a last refusal, in milliseconds. */
const patienceMs = 1000

/**
 * Interprets overload responses (429, 503). A server that refuses many requests and answers others is full: it gets
 * fewer. A server that answers none of its requests is loading its model or shutting down: it gets none for a while.
 * Until one of the two is clear, nothing more is sent.
 */
export class Backpressure {
  #first: Refusal | null = null
  #share = 0

  /** True if nothing may be sent: the server asked for a pause, or its `outstanding` requests will show the cause. */
  waiting(now: number, outstanding: number): boolean {
    if (this.#first === null) return false
    return now < this.#first.after || (outstanding > 0 && now < this.#first.until)
  }

  /** End of the wait in milliseconds; null if there is none. */
  get until(): number | null {
    return this.#first ? Math.max(this.#first.until, this.#first.after) : null
  }

  /**
   * Notes a refusal while `underWay` requests were at the server. True if no request is left that could be answered.
   */
  refused(sent: Sent, underWay: number, now: number, retryAfterMs: number | null): boolean {
    this.#share += weight * (1 - this.#share)
    if (!this.waiting(now, underWay)) {
      const after = now + (retryAfterMs ?? 0)
      this.#first = { sent, underWay, until: now + patienceMs, after }
    }
    return underWay === 1
  }

  /** Notes an answer. If the server is full, returns the refusal that shows its limit. */
  answered(): Refusal | null {
    const first = this.#share > full ? this.#first : null
    this.#first = null
    this.#share -= weight * this.#share
    return first
  }
}

export interface BreakerOptions {
  /** Consecutive failures, of requests that never failed before, after which an endpoint is ejected. */
  readonly failures: number
  /** Length of the first and of the longest pause, in milliseconds. */
  readonly pause: Backoff
  readonly random: () => number
}

export interface Failure {
  /** True for the probe of a half-open breaker. */
  readonly probe: boolean
  /** True if the endpoint is certainly unusable: no connection, or nothing but refusals. */
  readonly certain: boolean
  /** Pause that the server requested, in milliseconds. */
  readonly leastMs?: number
  /** True if too many other endpoints are ejected: without certainty this one stays in use. */
  readonly spared?: boolean
}

/**
 * A circuit breaker. Closed: the endpoint is used. Open, after failures: unused until a jittered pause is over.
 * Half-open: one request tries, and its outcome closes the breaker or opens it for longer.
 */
export class Breaker {
  #failures = 0
  #ejections = 0
  #openUntil = 0
  #probing = false

  /** @param changed called at an ejection and at a return */
  constructor(
    private readonly options: BreakerOptions,
    private readonly changed: (ejected: boolean) => void = () => undefined,
  ) {}

  /** True if a request may be sent at `now` (milliseconds). */
  admits(now: number): boolean {
    return this.#ejections === 0 || (now >= this.#openUntil && !this.#probing)
  }

  /** Time of the next probe in milliseconds; null if the breaker is closed or a probe is under way. */
  get opensAt(): number | null {
    return this.#ejections > 0 && !this.#probing ? this.#openUntil : null
  }

  get ejected(): boolean {
    return this.#ejections > 0
  }

  /** Notes a request; true if it is the probe of a half-open breaker: pass that back with its outcome. */
  sent(): boolean {
    this.#probing = this.ejected
    return this.#probing
  }

  succeeded(): void {
    const back = this.ejected
    this.#failures = 0
    this.#ejections = 0
    this.#probing = false
    if (back) this.changed(false)
  }

  /** A request ended without evidence about the endpoint. */
  undecided(probe: boolean): void {
    if (probe) this.#probing = false
  }

  /** A request failed at `now`. Results of requests from before an ejection change nothing after it. */
  failed(now: number, { probe, certain, leastMs = 0, spared = false }: Failure): void {
    if (probe) this.#probing = false
    else if (this.ejected) return
    this.#failures++
    if (!certain && !probe && (spared || this.#failures < this.options.failures)) return
    this.#ejections++
    this.#openUntil = now + Math.max(leastMs, backoff(this.#ejections, this.options.pause, this.options.random))
    if (this.#ejections === 1) this.changed(true)
  }
}

/** Smoothing factor of the failure rate, and the rate above which a success alone is no evidence. */
const doubt = { weight: 0.1, share: 0.2 }

/** Evidence about a server for one question, or for all together. */
export class EndpointHistory {
  /** Requests answered well. */
  successes = 0
  /** Time of the latest of them, by `performance.now`. */
  lastSuccessAt = -Infinity
  /** The latest successful attempt: repeated if there is no other evidence that the server works. */
  control: Attempt<unknown> | null = null
  /** Recent failure rate of requests that never failed before. */
  #failing: number

  /** @param before the server's history with other questions */
  constructor(before?: EndpointHistory) {
    this.#failing = before ? before.#failing : 0
  }

  succeeded(attempt: Attempt<unknown>): void {
    this.successes++
    this.lastSuccessAt = performance.now()
    this.control = attempt
  }

  /** Notes the result of a request that never failed before. */
  fresh(failed: boolean): void {
    this.#failing += doubt.weight * ((failed ? 1 : 0) - this.#failing)
  }

  /** True if so many requests fail here that one more failure says nothing about its request. */
  get doubtful(): boolean {
    return this.#failing > doubt.share
  }
}
