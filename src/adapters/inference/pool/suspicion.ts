/** An endpoint as far as it is a witness: how many requests it has answered well. */
export interface Witness {
  readonly successes: number
}

/**
 * Tells a request that fails by its own fault from one that suffers from a server's. A failure counts once the same
 * endpoint has answered another request well since that attempt was sent; a request is exhausted when enough failures
 * count, at two endpoints unless only one can be used (DESIGN: rules on failures). In an outage nothing counts.
 */
export class Suspicion {
  readonly #failures: { readonly endpoint: Witness; readonly successesWhenSent: number }[] = []

  constructor(private readonly limit: number) {}

  add(endpoint: Witness, successesWhenSent: number): void {
    this.#failures.push({ endpoint, successesWhenSent })
  }

  get count(): number {
    return this.#failures.length
  }

  /** Failures at that endpoint. */
  at(endpoint: Witness): number {
    return this.#failures.filter(failure => failure.endpoint === endpoint).length
  }

  /** Whether there are enough failures, counted or not, to ask for evidence. */
  get grave(): boolean {
    return this.#failures.length >= this.limit
  }

  exhausted(usableEndpoints: number): boolean {
    const counted = this.#failures.filter(({ endpoint, successesWhenSent }) => endpoint.successes > successesWhenSent)
    const places = new Set(counted.map(failure => failure.endpoint)).size
    return counted.length >= this.limit && places >= Math.min(2, usableEndpoints)
  }
}
