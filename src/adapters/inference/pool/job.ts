import { type Endpoint } from './endpoint.js'
import { Suspicion } from './suspicion.js'
import { type Work } from './work.js'

/**
 * One piece of work on its way through the pool. It is settled once, whatever comes in later; the caller's signal aborts
 * it at any time.
 */
export class Job {
  readonly suspicion: Suspicion
  /** Sent on its own from now on, since a request that it shared with others failed. */
  alone = false
  readonly #cancel = new AbortController()
  readonly #release: () => void
  #settled = false
  #timer: NodeJS.Timeout | undefined
  /** Endpoints that refused it as invalid. */
  readonly refusedBy: Endpoint[] = []
  /** Whether a request carries it now. */
  sent = false
  /** When it began to wait for an endpoint, in milliseconds. */
  queuedAt = 0

  constructor(
    readonly work: Work<unknown>,
    private readonly outcome: {
      readonly resolve: (value: unknown) => void
      readonly reject: (error: unknown) => void
      /** Called when it is settled. */
      readonly settled: (job: Job) => void
    },
    maxFailures: number,
  ) {
    this.suspicion = new Suspicion(maxFailures)
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
