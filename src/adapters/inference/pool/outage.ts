import { explain, SteerflowError } from '../../../domain/errors.js'
import type { EndpointsReport } from '../endpoints/events.js'

/** Milliseconds without a success after which an outage is reported: a failure or two is none. */
const tellAfterMs = 2_000

export interface OutageNow {
  readonly ms: number
  /** The last server's error, or why no server could be reached. */
  readonly cause: string
}

export interface OutageOptions {
  /** Duration in milliseconds after which `end` is called, once for each outage; null: never, callers wait. */
  readonly patienceMs: number | null
  readonly end: (error: SteerflowError) => void
  readonly report: EndpointsReport
  /** True if a caller still waits for an answer to the question. */
  readonly asked: (question: string) => boolean
}

/** A question that fails everywhere. */
interface Failing {
  /** Time of the first failure after its last success. */
  readonly since: number
  /** Error of the last failure. */
  cause: unknown
  /** True if other questions succeeded meanwhile. */
  besideOthers: boolean
}

/**
 * Notices that nothing succeeds anywhere, separately for each question, from the first failure after its last success.
 * A server that answers all questions but one lets no turn pass.
 */
export class Outage {
  /** By question. */
  readonly #failing = new Map<string, Failing>()
  #timer: NodeJS.Timeout | undefined
  /** Time of the last success of each question. */
  readonly #answered = new Map<string, number>()
  /** Start of the reported outage; null: none is reported. */
  #told: number | null = null

  constructor(private readonly options: OutageOptions) {}

  /** Duration in milliseconds and cause of the last failure; null if there is no outage. */
  get now(): OutageNow | null {
    const longest = this.#longest
    return longest && { ms: performance.now() - longest.since, cause: explain(longest.cause) }
  }

  /** @param since an earlier start of the failure, if known; never before the last success of the question */
  failed(cause: unknown, questions: readonly string[], since = performance.now()): void {
    for (const question of questions) {
      const known = this.#failing.get(question)
      if (known) known.cause = cause
      else {
        const began = Math.max(since, this.#answered.get(question) ?? since)
        this.#failing.set(question, { since: began, cause, besideOthers: false })
      }
    }
    if (this.#timer === undefined) this.#look()
  }

  /** Notes successes: the outage is over if no question that has callers fails any more. */
  succeeded(questions: readonly string[]): void {
    for (const question of questions) this.#answered.set(question, performance.now())
    if (this.#failing.size === 0) return
    for (const question of questions) this.#failing.delete(question)
    for (const [question, failing] of this.#failing) {
      failing.besideOthers = true
      if (!this.options.asked(question)) this.#failing.delete(question)
    }
    if (this.#failing.size > 0) return
    const told = this.#told
    this.stop()
    if (told === null) return
    this.options.report({ event: 'outage-over', seconds: Math.round((performance.now() - told) / 1000) })
  }

  /** Stops without a report: nothing is requested any more, so the end of the outage is unknown. */
  stop(): void {
    this.#failing.clear()
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#told = null
  }

  get #longest(): Failing | null {
    return [...this.#failing.values()].reduce<Failing | null>(
      (longest, one) => (longest === null || one.since < longest.since ? one : longest),
      null,
    )
  }

  /** Reports the outage, or ends it, when that is due, and schedules the next check. */
  #look(): void {
    this.#timer = undefined
    const longest = this.#longest
    if (longest === null) return
    const { since, cause, besideOthers } = longest
    const lasts = performance.now() - since
    const patienceMs = this.options.patienceMs ?? Infinity
    if (lasts >= patienceMs) {
      const what = besideOthers ? 'one question failed while others succeeded,' : 'nothing succeeded'
      this.stop()
      this.options.end(new SteerflowError('STEERFLOW_OUTAGE', `${what} for ${patienceMs} ms`, { cause }))
      return
    }
    if (this.#told === null && lasts >= tellAfterMs) {
      this.#told = since
      this.options.report({ event: 'outage', cause: explain(cause) })
    }
    const next = Math.min(patienceMs, this.#told === null ? tellAfterMs : Infinity)
    if (next < Infinity) this.#timer = setTimeout(() => this.#look(), Math.max(1, next - lasts))
  }
}
