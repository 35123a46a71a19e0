import type { Attempt } from './attempt.js'

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

/** Weight of one outcome in the share of failures, and the share from which on a server is no witness by itself. */
const share = { weight: 0.1, doubtful: 0.2 }

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
    this.#failing += share.weight * ((failed ? 1 : 0) - this.#failing)
  }

  /** Whether so many fail here that one more failure says nothing about its request. */
  get doubtful(): boolean {
    return this.#failing > share.doubtful
  }
}
