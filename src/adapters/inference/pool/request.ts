import { sameSampling } from '../../../domain/sampling.js'
import type { Sent } from './capacity.js'
import type { Endpoint } from './endpoint.js'
import type { Attempt } from './attempt.js'
import type { EndpointHistory } from './endpoint-health.js'

/** Content of one request. */
export interface Dispatch {
  readonly endpoint: Endpoint
  readonly jobs: readonly PendingRequest[]
  readonly attempts: readonly Attempt<unknown>[]
  /** Prompt tokens, approximately. */
  readonly tokens: number
  /** Requests at the endpoint, this one included. */
  readonly underWay: number
  readonly sent: Sent
  /** True for the probe of a half-open breaker. */
  readonly probe: boolean
}

/** True if two prompts may share a request. */
export const sameLimits = ({ generation: a }: Attempt<unknown>, { generation: b }: Attempt<unknown>): boolean =>
  a.maxTokens === b.maxTokens &&
  a.endStrings.join('\0') === b.endStrings.join('\0') &&
  sameSampling(a.sampling, b.sampling)

/** A question for the fleet. */
export interface Work<T> {
  /** Digest of the model that has to answer. */
  readonly model: string
  /** Kind of question, e.g. an attribute: only an answer of the same kind proves that an answer is possible. */
  readonly question: string
  /** Approximate length of the prompt. */
  readonly characters: number
  readonly signal: AbortSignal
  /** The endpoint with the beginning of the prompt in its cache: preferred if it is as free as others. */
  readonly near?: Endpoint | null
  /** Called at every attempt, after an endpoint has been chosen. */
  attempt(endpoint: Endpoint): Attempt<T>
  /**
   * The same question about something short and certainly valid, to test whether an endpoint takes such requests at
   * all.
   */
  sibling?(endpoint: Endpoint): Attempt<T>
}

/** Good answers of an endpoint to the question of a request. */
export type Successes = Pick<EndpointHistory, 'successes' | 'lastSuccessAt'>

interface Failure {
  readonly witness: Successes
  /** Good answers of that endpoint when the attempt was sent. */
  readonly whenSent: Successes
  /** True if the endpoint answered another request well between the first failure anywhere and this attempt. */
  readonly afterSuccess: boolean
}

/**
 * Distinguishes a request that fails by its own fault from one that suffers from a server's. A failure counts once the
 * same endpoint has answered the same question of another request well since that attempt was sent. A request is
 * exhausted when enough failures count and a success preceded one of them, at two endpoints unless only one is usable
 * (docs/fleet.md#what-goes-wrong). In an outage nothing counts; at its end everything does at once, so that the request
 * has to fail once more after it.
 */
export class PoisonEvidence {
  readonly #failures: Failure[] = []
  #firstAt = Infinity

  /** @param limit number of failures that have to count */
  constructor(readonly limit: number) {}

  /** @param now in milliseconds */
  add(witness: Successes, whenSent: Successes, now = performance.now()): void {
    if (this.#failures.length === 0) this.#firstAt = now
    this.#failures.push({ witness, whenSent, afterSuccess: whenSent.lastSuccessAt > this.#firstAt })
  }

  /** Forgets every failure: the servers were at fault. */
  clear(): void {
    this.#failures.length = 0
  }

  get count(): number {
    return this.#failures.length
  }

  /** Number of failures at that endpoint. */
  at(witness: Successes): number {
    return this.#failures.filter(failure => failure.witness === witness).length
  }

  /** True if there are enough failures, counted or not, to look for evidence. */
  get grave(): boolean {
    return this.#failures.length >= this.limit
  }

  /** True if enough failures count, wherever they occurred. */
  get outlived(): boolean {
    return this.#counted.length >= this.limit
  }

  exhausted(usableEndpoints: number): boolean {
    const places = new Set(this.#counted.filter(({ afterSuccess }) => afterSuccess).map(({ witness }) => witness)).size
    return this.outlived && places >= Math.min(2, usableEndpoints)
  }

  get #counted(): Failure[] {
    return this.#failures.filter(({ witness, whenSent }) => witness.successes > whenSent.successes)
  }
}

/** One job in the pool. It is settled once, whatever comes in later; the caller's signal aborts it at any time. */
export class PendingRequest {
  readonly suspicion: PoisonEvidence
  /** Sent alone from now on, since a shared request failed. */
  alone = false
  readonly #cancel = new AbortController()
  readonly #release: () => void
  #settled = false
  #timer: NodeJS.Timeout | undefined
  /**
   * Refusals as invalid. They count if the same endpoint accepted other requests since, and at a second endpoint if
   * there is one: an endpoint may have smaller limits than others, or be confused. Invalid requests are rare, so this
   * costs little.
   */
  readonly refusals = new PoisonEvidence(4)
  /** True while a request carries it. */
  sent = false
  /** The good answers to its question, at its last endpoint, when it was sent. */
  whenSent: Successes = { successes: 0, lastSuccessAt: -Infinity }
  /** Start of the wait for an endpoint, in milliseconds. */
  queuedAt = 0

  constructor(
    readonly work: Work<unknown>,
    private readonly outcome: {
      readonly resolve: (value: unknown) => void
      readonly reject: (error: unknown) => void
      readonly settled: (job: PendingRequest) => void
    },
    maxFailures: number,
  ) {
    this.suspicion = new PoisonEvidence(maxFailures)
    const stop = (): void => this.fail(work.signal.reason)
    work.signal.addEventListener('abort', stop)
    this.#release = () => work.signal.removeEventListener('abort', stop)
  }

  get settled(): boolean {
    return this.#settled
  }

  /** Aborted when it is settled: a request without a waiting caller is cancelled. */
  get signal(): AbortSignal {
    return this.#cancel.signal
  }

  /** Calls `then` after a delay, unless the job is settled before. */
  later(ms: number, then: () => void): void {
    this.#timer = setTimeout(then, ms)
  }

  succeed(value: unknown): void {
    if (this.#settle()) this.outcome.resolve(value)
  }

  fail(error: unknown): void {
    if (!this.#settle()) return
    this.outcome.reject(error)
    this.#cancel.abort()
  }

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    clearTimeout(this.#timer)
    this.#release()
    this.outcome.settled(this)
    return true
  }
}
