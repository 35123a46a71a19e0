import type { Attempt } from './attempt.js'
import type { Sent } from './capacity.js'
import { backoff, type Backoff } from '../../../runtime/retry.js'

/** Milliseconds without an answer after which it is told; then again whenever it has lasted twice as long. */
export const silentAfterMs = 10_000

/** An answer that takes so many times what answers take is late. */
const late = 3

interface SilenceOptions {
  readonly afterMs: number
  /** What answers of this server take, in milliseconds; 0 while that is not known. */
  readonly usualMs: () => number
  /** It was asked so long ago, and has said nothing since. */
  readonly silent: (ms: number) => void
  /** It has said something after a silence that was told of. */
  readonly heard: (ms: number) => void
}

/**
 * Notices a server that accepts requests and says nothing, long before the deadline of an answer: from when it was asked
 * first, or has last answered something.
 */
export class Silence {
  #asked = 0
  #since: number | null = null
  #told = false
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly options: SilenceOptions) {}

  /** Since when it says nothing, by `performance.now`; null unless that was told of. */
  get since(): number | null {
    return this.#told ? this.#since : null
  }

  /** A request is sent. */
  asked(): void {
    if (this.#asked++ === 0) this.#begin()
  }

  /** Something was answered, whatever it is worth. */
  heard(): void {
    if (this.#told && this.#since !== null) this.options.heard(performance.now() - this.#since)
    this.#begin()
  }

  /** A request has ended, with an answer or without. */
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

/** A silence in words. */
export const silenceText = (ms: number): string => `asked ${Math.round(ms / 1000)} s ago, no answer yet`

/**
 * Lines that are none, one after another, after which an endpoint is asked attribute by attribute: of one that never gave
 * a whole line, and of one that did.
 */
const tries = { never: 3, before: 20 }

/** Turns asked attribute by attribute between two lines that are tried: at first, and at most. */
const between = { first: 32, most: 1024 }

/** How turns are asked for. */
export type AskedBy = 'line' | 'attributes'

/**
 * Whether an endpoint's model continues a prompt with a whole label line. One that does not is asked for a line now and
 * then, ever more rarely: it may have been warming up, or have been given another model.
 */
export class LineSupport {
  #accepted = false
  #failed = 0
  #wait = 0
  #skipped = 0

  /** @param changed told when it is asked in the other way from now on, and why */
  constructor(
    private readonly wanted: boolean,
    private readonly changed: (asked: AskedBy, reason: string) => void = () => undefined,
  ) {}

  get asked(): AskedBy {
    return this.wanted && this.#wait === 0 ? 'line' : 'attributes'
  }

  /** Whether the next turn is asked for as a line. */
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
    // What was under way when it began says nothing new.
    if (begins || this.#skipped === 0) this.#wait = Math.min(between.most, this.#wait * 2 || between.first)
    if (begins) this.changed('attributes', `${this.#failed} answers in a row held no whole label line`)
  }
}

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
export class Backpressure {
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

  /** @param changed told when it is ejected, and when it returns */
  constructor(
    private readonly options: BreakerOptions,
    private readonly changed: (ejected: boolean) => void = () => undefined,
  ) {}

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
    const back = this.ejected
    this.#failures = 0
    this.#ejections = 0
    this.#probing = false
    if (back) this.changed(false)
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
    if (this.#ejections === 1) this.changed(true)
  }
}

/** Weight of one outcome in the share of failures, and the share from which on a server is no witness by itself. */
const doubt = { weight: 0.1, share: 0.2 }

/** What a server shows of one question, or of all together: evidence for and against what fails there. */
export class EndpointHistory {
  /** Requests answered with what was asked for. */
  successes = 0
  /** The latest attempt that succeeded: asked again where there is no other evidence that the server works. */
  control: Attempt<unknown> | null = null
  /** Share of requests that never failed before and failed here, lately. */
  #failing: number

  /** @param before what is known of the server already, of other questions */
  constructor(before?: EndpointHistory) {
    this.#failing = before ? before.#failing : 0
  }

  succeeded(attempt: Attempt<unknown>): void {
    this.successes++
    this.control = attempt
  }

  /** A request that never failed before was answered well here, or failed. */
  fresh(failed: boolean): void {
    this.#failing += doubt.weight * ((failed ? 1 : 0) - this.#failing)
  }

  /** Whether so many fail here that one more failure says nothing about its request. */
  get doubtful(): boolean {
    return this.#failing > doubt.share
  }
}
