import { sameSampling } from '../../../domain/sampling.js'
import type { Sent } from './capacity.js'
import type { Endpoint } from './endpoint.js'
import type { Attempt } from './attempt.js'
import type { EndpointHistory } from './endpoint-health.js'

/** What one request carries. */
export interface Dispatch {
  readonly endpoint: Endpoint
  readonly jobs: readonly PendingRequest[]
  readonly attempts: readonly Attempt<unknown>[]
  /** Tokens of the prompts, roughly. */
  readonly tokens: number
  /** Requests at the endpoint, this one included. */
  readonly underWay: number
  readonly sent: Sent
  /** Whether it tries a half open breaker. */
  readonly probe: boolean
}

/** Whether two prompts may share a request. */
export const sameLimits = ({ generation: a }: Attempt<unknown>, { generation: b }: Attempt<unknown>): boolean =>
  a.maxTokens === b.maxTokens &&
  a.endStrings.join('\0') === b.endStrings.join('\0') &&
  sameSampling(a.sampling, b.sampling)

/** Something to ask the fleet. */
export interface Work<T> {
  /** Digest of the model that has to answer. */
  readonly model: string
  /** What is asked, e.g. an attribute: only an answer to the same is evidence that this can be answered. */
  readonly question: string
  /** Length of the prompt, about. */
  readonly characters: number
  readonly signal: AbortSignal
  /** The endpoint that knows the beginning of the prompt already: used if it is as free as any. */
  readonly near?: Endpoint | null
  /** Called when an endpoint has been chosen, at every attempt. */
  attempt(endpoint: Endpoint): Attempt<T>
  /** The same of something short that is surely in order, to see whether an endpoint takes such requests at all. */
  sibling?(endpoint: Endpoint): Attempt<T>
}

/** How often an endpoint has answered the question of a request well. */
type Successes = Pick<EndpointHistory, 'successes'>

/**
 * Tells a request that fails by its own fault from one that suffers from a server's. A failure counts once the same
 * endpoint has answered the same question of another request well since that attempt was sent; a request is exhausted when
 * enough failures count, at two endpoints unless only one can be used (docs/fleet.md#what-goes-wrong). In an outage
 * nothing counts.
 */
export class PoisonEvidence {
  readonly #failures: { readonly witness: Successes; readonly successesWhenSent: number }[] = []

  /** @param limit failures that have to count */
  constructor(readonly limit: number) {}

  add(witness: Successes, successesWhenSent: number): void {
    this.#failures.push({ witness, successesWhenSent })
  }

  /** Forgets every failure: they were the servers'. */
  clear(): void {
    this.#failures.length = 0
  }

  get count(): number {
    return this.#failures.length
  }

  /** Failures at that endpoint. */
  at(witness: Successes): number {
    return this.#failures.filter(failure => failure.witness === witness).length
  }

  /** Whether there are enough failures, counted or not, to ask for evidence. */
  get grave(): boolean {
    return this.#failures.length >= this.limit
  }

  exhausted(usableEndpoints: number): boolean {
    const counted = this.#failures.filter(({ witness, successesWhenSent }) => witness.successes > successesWhenSent)
    const places = new Set(counted.map(failure => failure.witness)).size
    return counted.length >= this.limit && places >= Math.min(2, usableEndpoints)
  }
}

/**
 * One piece of work on its way through the pool. It is settled once, whatever comes in later; the caller's signal aborts
 * it at any time.
 */
export class PendingRequest {
  readonly suspicion: PoisonEvidence
  /** Sent on its own from now on, since a request that it shared with others failed. */
  alone = false
  readonly #cancel = new AbortController()
  readonly #release: () => void
  #settled = false
  #timer: NodeJS.Timeout | undefined
  /**
   * Refusals as invalid. They count where the same endpoint accepted others since, elsewhere where there is another: one
   * may be set up with less room than the others, or be confused. Invalid requests are rare, so that this costs little.
   */
  readonly refusals = new PoisonEvidence(4)
  /** Whether a request carries it now. */
  sent = false
  /** How often the endpoint that it was sent to last had answered its question well by then. */
  successesWhenSent = 0
  /** When it began to wait for an endpoint, in milliseconds. */
  queuedAt = 0

  constructor(
    readonly work: Work<unknown>,
    private readonly outcome: {
      readonly resolve: (value: unknown) => void
      readonly reject: (error: unknown) => void
      /** Called when it is settled. */
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

  /** Aborted when it is settled: a request that nobody waits for any more is cancelled. */
  get signal(): AbortSignal {
    return this.#cancel.signal
  }

  /** Does something after a wait, unless it is settled before. */
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
