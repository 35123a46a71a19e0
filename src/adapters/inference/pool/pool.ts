import { setMaxListeners } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { SteerflowError } from '../../../domain/errors.js'
import type { Backoff } from '../../../runtime/retry.js'
import { Admission, type AdmissionLimit, roughTokens, RetryBudget, choose, gatherMs, serves, Lanes } from './queue.js'
import { PoolCounters } from './stats.js'
import { Endpoint, type EndpointAddress, type EndpointOptions } from './endpoint.js'
import { PendingRequest, type Work, type Dispatch, sameLimits } from './request.js'
import { Judge } from './judge.js'
import { Outage, type OutageNow } from './outage.js'
import { Prober } from './prober.js'
import { silenceText } from './endpoint-health.js'

export interface PoolOptions extends EndpointOptions {
  /** Limit of waiting and running requests together; callers wait while it is reached. */
  readonly queue: AdmissionLimit
  /** Counted failures after which a request is given up, at least 3. */
  readonly maxFailures: number
  /** Backoff between the attempts of one request. */
  readonly retry: Backoff
  /** How long to wait out an outage, in milliseconds; null: forever. */
  readonly retryForMs: number | null
}

/**
 * Sends prompts to servers. The backlog stays here: a prompt gets its endpoint when one has room (`choose`), and
 * `Capacity` finds out how much room there is. `Judge` decides what a failure means.
 */
export class Pool {
  readonly counters = new PoolCounters()
  readonly #endpoints: Endpoint[] = []
  readonly #lanes = new Lanes()
  readonly #jobs = new Set<PendingRequest>()
  readonly #loads = new Set<Dispatch>()
  readonly #admission: Admission
  readonly #outage: Outage
  readonly #budget = new RetryBudget()
  readonly #closed = new AbortController()
  readonly #prober: Prober
  readonly #judge: Judge
  #wake: NodeJS.Timeout | undefined
  #scheduled = false

  constructor(private readonly options: PoolOptions) {
    const { retry, breaker } = options
    setMaxListeners(0, this.#closed.signal)
    this.#admission = new Admission(options.queue)
    this.#outage = new Outage({
      patienceMs: options.retryForMs,
      end: error => this.#failAll(error),
      report: options.report ?? (() => undefined),
      asked: question => [...this.#jobs].some(({ work }) => work.question === question),
    })
    this.#prober = new Prober(this.counters, this.#outage, this.#closed.signal)
    this.#judge = new Judge({
      counters: this.counters,
      outage: this.#outage,
      prober: this.#prober,
      budget: this.#budget,
      retry,
      random: breaker.random,
      serving: job => this.#serving(job.work.model),
      enqueue: (job, where) => this.#enqueue(job, where),
    })
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  get waiting(): number {
    return [...this.#jobs].filter(job => !job.sent).length + this.#admission.outside
  }

  get inFlight(): number {
    return this.#endpoints.reduce((sum, endpoint) => sum + endpoint.outstanding, 0)
  }

  /** Prompts that all endpoints accept at a time now. */
  get capacity(): number {
    return this.#endpoints.reduce((sum, { limit, capacity }) => sum + limit * capacity.batch, 0)
  }

  get outage(): OutageNow | null {
    return this.#outage.now
  }

  /** Adds a server; waiting work goes there at once. A leaving server with that address stays. */
  add(address: EndpointAddress): void {
    const known = this.#endpoints.find(endpoint => isDeepStrictEqual(endpoint.address, address))
    if (known) known.leaving = false
    else this.#endpoints.push(new Endpoint(address, this.options, (one, since) => this.#silent(one, since)))
    this.#schedule()
  }

  /**
   * Removes a server: it gets no new requests, and its running ones have `drainMs` to end; the rest then goes
   * elsewhere. Resolves when it is removed.
   */
  async remove(url: string, drainMs: number): Promise<void> {
    const endpoint = this.#endpoints.find(one => one.address.url === url && !one.leaving)
    if (!endpoint) return
    endpoint.leaving = true
    await endpoint.drained(drainMs)
    if (!endpoint.leaving) return
    this.#endpoints.splice(this.#endpoints.indexOf(endpoint), 1)
    await endpoint.close()
  }

  /**
   * Retries until there is an acceptable answer.
   * @throws STEERFLOW_INFERENCE_REFUSED, STEERFLOW_RECORD_EXHAUSTED (both permanent), STEERFLOW_OUTAGE (transient), or
   *   the signal's reason.
   */
  async ask<T>(work: Work<T>): Promise<T> {
    work.signal.throwIfAborted()
    const tokens = roughTokens(work.characters)
    await this.#admission.enter(tokens, work.signal)
    try {
      return await (this.#queued(work) as Promise<T>)
    } finally {
      this.#admission.leave(tokens)
    }
  }

  async close(): Promise<void> {
    this.#failAll(new SteerflowError('STEERFLOW_OUTAGE', 'the fleet was closed'))
    this.#outage.stop()
    this.#closed.abort()
    clearTimeout(this.#wake)
    await Promise.all(this.#endpoints.splice(0).map(endpoint => endpoint.close()))
  }

  #queued(work: Work<unknown>): Promise<unknown> {
    return new Promise<unknown>((resolve, reject) => {
      const settled = (job: PendingRequest): void => {
        this.#jobs.delete(job)
        // The last failure was the fault of a record: no job is left for an outage to delay.
        if (this.#jobs.size === 0 && !work.signal.aborted) this.#outage.stop()
      }
      const job = new PendingRequest(work, { resolve, reject, settled }, this.options.maxFailures)
      this.#jobs.add(job)
      this.#enqueue(job, 'back')
    })
  }

  #failAll(error: SteerflowError): void {
    for (const job of this.#jobs) job.fail(error)
  }

  #enqueue(job: PendingRequest, where: 'front' | 'back'): void {
    if (job.settled) return
    job.queuedAt = performance.now()
    this.#lanes.add(job, where)
    this.#schedule()
  }

  /** Sends waiting jobs, once for all that are added in this turn of the event loop. */
  #schedule(): void {
    if (this.#scheduled || this.#closed.signal.aborted) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#sendWaiting()
    })
  }

  #sendWaiting(): void {
    const now = performance.now()
    for (const endpoint of this.#endpoints) {
      if (endpoint.mayBeProbed(now) && this.#lanes.models().some(model => serves(endpoint, model))) {
        void this.#probe(endpoint)
      }
    }
    for (const model of this.#lanes.models()) {
      const serving = this.#serving(model)
      const next = this.#lanes.next(model)
      if (serving.length === 0 && next) this.#outage.failed(new Error('there is no endpoint'), [next.work.question])
      for (let job = this.#lanes.next(model); job; job = this.#lanes.next(model)) {
        const tokens = roughTokens(job.work.characters)
        const endpoint = choose(serving, job, { tokens, waiting: this.#lanes.length(model), now })
        if (!endpoint) break
        void this.#send(this.#load(endpoint, model, now))
      }
    }
    this.#wakeLater(now)
  }

  #serving(model: string): Endpoint[] {
    return this.#endpoints.filter(endpoint => !endpoint.leaving && serves(endpoint, model))
  }

  /** Takes the next job, and others that may share its request. */
  #load(endpoint: Endpoint, model: string, now: number): Dispatch {
    const taken = this.#lanes.take(model, endpoint.capacity.batch)
    const jobs: PendingRequest[] = []
    const attempts = []
    for (const job of taken) {
      const attempt = job.work.attempt(endpoint)
      if (attempts[0] && !sameLimits(attempt, attempts[0])) this.#enqueue(job, 'front')
      else {
        job.sent = true
        const { successes, lastSuccessAt } = endpoint.witness(job.work.question)
        job.whenSent = { successes, lastSuccessAt }
        jobs.push(job)
        attempts.push(attempt)
      }
    }
    const tokens = roughTokens(jobs.reduce((sum, job) => sum + job.work.characters, 0))
    const underWay = ++endpoint.outstanding
    endpoint.tokens += tokens
    const sent = endpoint.capacity.sent(jobs.length, underWay, now)
    const probe = endpoint.breaker.sent()
    return { endpoint, jobs, attempts, tokens, underWay, sent, probe }
  }

  async #send(load: Dispatch): Promise<void> {
    const { endpoint, jobs, attempts } = load
    const signal = jobs.length === 1 ? jobs[0]!.signal : this.#closed.signal
    this.counters.calls++
    this.#loads.add(load)
    this.#budget.earned()
    try {
      const generations = attempts.map(attempt => attempt.generation)
      const verdict = await endpoint.send(generations, signal)
      for (const job of jobs) job.sent = false
      this.#judge.judge(load, verdict)
    } catch (error) {
      // Only an abort throws: the caller gave the job up, and it is settled.
      endpoint.breaker.undecided(load.probe)
      for (const job of jobs) job.fail(error)
    } finally {
      this.#loads.delete(load)
      endpoint.returned(load.tokens)
      this.#schedule()
    }
  }

  /** The questions of a silent server count as failing until a server answers them. */
  #silent(endpoint: Endpoint, since: number): void {
    const jobs = [...this.#loads].filter(load => load.endpoint === endpoint).flatMap(load => load.jobs)
    const questions = new Set(jobs.map(({ work }) => work.question))
    const cause = new Error(`${endpoint.url}: ${silenceText(performance.now() - since)}`)
    this.#outage.failed(cause, [...questions], since)
  }

  async #probe(endpoint: Endpoint): Promise<void> {
    await this.#prober.probe(endpoint)
    this.#schedule()
  }

  /** Schedules the next look at the queue for the end of the next pause, if there is work. */
  #wakeLater(now: number): void {
    clearTimeout(this.#wake)
    this.#wake = undefined
    const waits = this.#lanes.models().flatMap(model => {
      const since = this.#lanes.next(model)?.queuedAt ?? now
      return this.#serving(model)
        .flatMap(one => [one.breaker.opensAt, one.refusals.until, since + gatherMs(one)])
        .filter(time => time !== null)
        .filter(time => time > now)
    })
    if (waits.length === 0) return
    this.#wake = setTimeout(() => this.#schedule(), Math.max(1, Math.min(...waits) - now))
  }
}

/** Servers of one kind behind one interface, for any question. */
export interface Servers {
  /** @throws STEERFLOW_CONFIG_INVALID if an endpoint of its protocol cannot answer the questions of this fleet. */
  addEndpoint(address: EndpointAddress): void
  /**
   * Removes an endpoint: it gets no new requests, and its running ones have `drainMs` (10,000) to end; the rest then
   * goes elsewhere. Resolves when it is removed.
   */
  removeEndpoint(url: string, drainMs?: number): Promise<void>
  /** Number of requests to keep in flight, so that every server finds its next prompts waiting here. */
  requests(): number
  /** The declared model of each endpoint: a digest or name, null for any. */
  models(): readonly (string | null)[]
  /** Duration of the current outage and its last error; null if there is none. */
  outage(): OutageNow | null
  /** Ends all calls: waiting callers get STEERFLOW_OUTAGE. */
  close(): Promise<void>
}

/** The servers of a pool. @param check throws for an endpoint that cannot answer the questions of this fleet */
export function serversOf(
  pool: Pool,
  endpoints: readonly EndpointAddress[],
  check: (address: EndpointAddress) => void,
): Servers {
  const addEndpoint = (address: EndpointAddress): void => {
    check(address)
    pool.add(address)
  }
  endpoints.forEach(addEndpoint)
  return {
    addEndpoint,
    removeEndpoint: (url, drainMs = 10_000) => pool.remove(url, drainMs),
    requests: () => Math.max(64, 3 * pool.capacity),
    models: () => pool.endpoints.filter(({ leaving }) => !leaving).map(({ model }) => model),
    outage: () => pool.outage,
    close: () => pool.close(),
  }
}
