import { explain, SteerflowError } from '../../../domain/errors.js'
import type { EndpointsReport } from '../endpoints/events.js'

/** Milliseconds without a success after which it is said: a failure or two is no outage. */
const tellAfterMs = 2_000

/** An outage that lasts. */
export interface OutageNow {
  readonly ms: number
  /** What the last server that was asked said, or why it could not be asked. */
  readonly cause: string
}

export interface OutageOptions {
  /** After so many milliseconds of it `end` is called, once for each outage; null: never, callers wait. */
  readonly patienceMs: number | null
  readonly end: (error: SteerflowError) => void
  readonly report: EndpointsReport
  /** Whether somebody still waits for an answer to a question. */
  readonly asked: (question: string) => boolean
}

/** A question that fails everywhere. */
interface Failing {
  /** When it failed first after its last success. */
  readonly since: number
  /** Why it failed last. */
  cause: unknown
  /** Whether others were answered well meanwhile. */
  besideOthers: boolean
}

/**
 * Notices when nothing succeeds anywhere of what is asked: from the first failure after the last success, of each question
 * apart. A server that answers all but one lets no turn pass.
 */
export class Outage {
  /** By question. */
  readonly #failing = new Map<string, Failing>()
  #timer: NodeJS.Timeout | undefined
  /** When each question was answered well last. */
  readonly #answered = new Map<string, number>()
  /** Since when it lasts that is told of; null: none is. */
  #told: number | null = null

  constructor(private readonly options: OutageOptions) {}

  /** How long it lasts, in milliseconds, and why the last call failed; null when there is none. */
  get now(): OutageNow | null {
    const longest = this.#longest
    return longest && { ms: performance.now() - longest.since, cause: explain(longest.cause) }
  }

  /** @param since when it began to fail, where that was earlier; never before the question was last answered well */
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

  /** Questions were answered well: it is over where none fails any more that somebody asks. */
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

  /** Nothing is asked any more: nobody knows whether it is over. */
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

  /** Tells of it, or ends it, when it is time, and looks again when the next is due. */
  #look(): void {
    this.#timer = undefined
    const longest = this.#longest
    if (longest === null) return
    const { since, cause, besideOthers } = longest
    const lasts = performance.now() - since
    const patienceMs = this.options.patienceMs ?? Infinity
    if (lasts >= patienceMs) {
      const what = besideOthers ? 'one question was never answered well beside others that were,' : 'nothing succeeded'
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
