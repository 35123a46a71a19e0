import { SteerflowError } from '../../../domain/errors.js'
import { backoff, type Backoff } from '../../../runtime/retry.js'
import { Counters } from './counters.js'
import { Endpoint, type EndpointAddress, type EndpointOptions } from './endpoint.js'
import { Job } from './job.js'
import { Lanes } from './lanes.js'
import { Outage } from './outage.js'
import { type Answer, type Verdict } from '../protocols/protocol.js'
import { type Attempt } from './attempt.js'
import { type Work } from './work.js'

export interface PoolOptions extends EndpointOptions {
  /** Most prompts in one request. */
  readonly batch: number
  /** Failures that count after which a request is given up, at least 3. */
  readonly maxFailures: number
  /** Waits between the attempts of one request. */
  readonly retry: Backoff
  /** How long an outage is waited for, in milliseconds; null: for ever. */
  readonly retryForMs: number | null
}

/** What one request carries. */
interface Load {
  readonly endpoint: Endpoint
  readonly jobs: readonly Job[]
  readonly attempts: readonly Attempt<unknown>[]
  readonly probe: boolean
  readonly successesWhenSent: number
}

/**
 * Sends prompts to servers. The backlog stays here: a prompt gets its endpoint when one has room, the one with the least
 * outstanding. What fails is tried again, first where it has not failed; what a failure means is decided by `Suspicion`
 * (the request), `Breaker` (the endpoint) and `Outage` (everything).
 */
export class Pool {
  readonly counters = new Counters()
  readonly #endpoints: Endpoint[] = []
  readonly #lanes = new Lanes()
  readonly #jobs = new Set<Job>()
  readonly #outage: Outage
  readonly #closed = new AbortController()
  #wake: NodeJS.Timeout | undefined
  #scheduled = false

  constructor(private readonly options: PoolOptions) {
    this.#outage = new Outage(options.retryForMs, error => this.#failAll(error))
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  get waiting(): number {
    return [...this.#jobs].filter(job => !job.sent).length
  }

  get inFlight(): number {
    return this.#endpoints.reduce((sum, endpoint) => sum + endpoint.outstanding, 0)
  }

  get outageMs(): number | null {
    return this.#outage.lastsMs
  }

  /** Adds a server; work that waits goes there at once. */
  add(address: EndpointAddress): void {
    this.#endpoints.push(new Endpoint(address, this.options))
    this.#schedule()
  }

  /** Takes a server away; what it was doing goes elsewhere. */
  async remove(url: string): Promise<void> {
    const at = this.#endpoints.findIndex(endpoint => endpoint.address.url === url)
    if (at !== -1) await this.#endpoints.splice(at, 1)[0]!.close()
  }

  /**
   * Asks until there is an acceptable answer.
   * @throws STEERFLOW_INFERENCE_REFUSED, STEERFLOW_RECORD_EXHAUSTED (both permanent), STEERFLOW_OUTAGE (transient), or
   * the signal's reason.
   */
  ask<T>(work: Work<T>): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (work.signal.aborted) {
        reject(work.signal.reason as Error)
        return
      }
      const settled = (job: Job): void => void this.#jobs.delete(job)
      const job = new Job(work, { resolve, reject, settled }, this.options.maxFailures)
      this.#jobs.add(job)
      this.#enqueue(job, 'back')
    }) as Promise<T>
  }

  async close(): Promise<void> {
    this.#failAll(new SteerflowError('STEERFLOW_OUTAGE', 'the fleet was closed'))
    this.#outage.over()
    this.#closed.abort()
    clearTimeout(this.#wake)
    await Promise.all(this.#endpoints.splice(0).map(endpoint => endpoint.close()))
  }

  #failAll(error: SteerflowError): void {
    for (const job of this.#jobs) job.fail(error)
  }

  #enqueue(job: Job, where: 'front' | 'back'): void {
    if (job.settled) return
    this.#lanes.add(job, where)
    this.#schedule()
  }

  /** Sends what can be sent, once for all that is added in this turn of the event loop. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#sendWaiting()
    })
  }

  #sendWaiting(): void {
    for (const endpoint of this.#endpoints) {
      if (canProbe(endpoint) && this.#lanes.models().some(model => serves(endpoint, model))) void this.#probe(endpoint)
    }
    for (const model of this.#lanes.models()) {
      for (let job = this.#lanes.next(model); job; job = this.#lanes.next(model)) {
        const endpoint = this.#choose(job)
        if (!endpoint) break
        void this.#send(this.#load(endpoint, model))
      }
    }
    this.#wakeForProbes()
  }

  #serving(model: string): Endpoint[] {
    return this.#endpoints.filter(endpoint => serves(endpoint, model))
  }

  /** The endpoint where the job failed least, and of those the least busy. */
  #choose(job: Job): Endpoint | null {
    const now = performance.now()
    const serving = this.#serving(job.work.model)
    if (serving.length === 0) this.#outage.failed(new Error('there is no endpoint'))
    const free = serving.filter(
      endpoint => endpoint.outstanding < endpoint.limit && endpoint.breaker.admits(now) && !canProbe(endpoint),
    )
    const cost = (endpoint: Endpoint): number => job.suspicion.at(endpoint) * 1e6 + endpoint.outstanding
    return free.reduce<Endpoint | null>((best, one) => (best && cost(best) <= cost(one) ? best : one), null)
  }

  /** Takes the next job, and those behind it that may share its request. */
  #load(endpoint: Endpoint, model: string): Load {
    const jobs: Job[] = []
    const attempts: Attempt<unknown>[] = []
    const probe = endpoint.breaker.sent()
    const most = Math.min(this.options.batch, endpoint.protocol.maxBatch)
    for (let job = this.#lanes.next(model); job && jobs.length < most; job = this.#lanes.next(model)) {
      const attempt = job.work.attempt(endpoint)
      if (jobs.length > 0 && (job.alone || !sameLimits(attempt, attempts[0]!))) break
      this.#lanes.take(model)
      job.sent = true
      jobs.push(job)
      attempts.push(attempt)
      if (job.alone) break
    }
    return { endpoint, jobs, attempts, probe, successesWhenSent: endpoint.successes }
  }

  async #send(load: Load): Promise<void> {
    const { endpoint, jobs, attempts } = load
    const signal = jobs.length === 1 ? jobs[0]!.signal : this.#closed.signal
    endpoint.outstanding++
    this.counters.calls++
    try {
      const generations = attempts.map(attempt => attempt.generation)
      const verdict = await endpoint.send(generations, signal)
      for (const job of jobs) job.sent = false
      this.#judge(load, verdict)
    } catch (error) {
      // Only an abort is thrown: the job was given up by its caller, and is settled.
      endpoint.breaker.undecided(load.probe)
      for (const job of jobs) job.fail(error)
    } finally {
      endpoint.outstanding--
      this.#schedule()
    }
  }

  #judge(load: Load, verdict: Verdict): void {
    const { endpoint, jobs, probe } = load
    this.counters.outcomes[verdict.kind]++
    const now = performance.now()
    switch (verdict.kind) {
      case 'ok':
        jobs.forEach((job, index) => this.#accept(load, job, load.attempts[index]!, verdict.answers[index]!))
        return
      case 'poison': {
        endpoint.breaker.undecided(probe)
        const message = `${endpoint.url} refused the request`
        const error = new SteerflowError('STEERFLOW_INFERENCE_REFUSED', message, { cause: new Error(verdict.reason) })
        if (jobs.length > 1) this.#separate(jobs)
        else jobs[0]!.fail(error)
        return
      }
      case 'overloaded':
      case 'unavailable': {
        const leastMs = verdict.kind === 'overloaded' ? (verdict.retryAfterMs ?? 0) : 0
        endpoint.breaker.failed(now, { probe, certain: true, leastMs })
        this.#outage.failed(new Error(`${endpoint.url}: ${verdict.reason}`))
        for (const job of jobs.toReversed()) this.#enqueue(job, 'front')
        return
      }
      case 'elsewhere': {
        const error = new Error(`${endpoint.url}: ${verdict.reason}`)
        if (jobs.length === 1) {
          this.#blame(load, jobs[0]!, error)
          return
        }
        endpoint.breaker.failed(now, { probe, certain: false })
        this.#outage.failed(error)
        this.#separate(jobs)
      }
    }
  }

  /** A request with several prompts failed as a whole: which of them it was shows when each goes alone. */
  #separate(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) {
      job.alone = true
      this.#enqueue(job, 'front')
    }
  }

  #accept(load: Load, job: Job, attempt: Attempt<unknown>, answer: Answer): void {
    const { endpoint } = load
    try {
      const { value, proof } = attempt.accept(answer)
      endpoint.breaker.succeeded()
      if (proof) {
        endpoint.successes++
        endpoint.control = attempt
        this.#outage.over()
      }
      job.succeed(value)
    } catch (error) {
      this.counters.outcomes.answer++
      this.#blame(load, job, error)
    }
  }

  /**
   * A job failed where it was alone. One that failed before says nothing about the endpoint; one that never did may be a
   * sign that the endpoint is broken.
   */
  #blame(load: Load, job: Job, error: unknown): void {
    const { endpoint, probe } = load
    if (job.suspicion.count === 0 || probe) endpoint.breaker.failed(performance.now(), { probe, certain: false })
    job.suspicion.add(endpoint, load.successesWhenSent)
    job.alone = true
    this.#outage.failed(error)
    void this.#retryOrGiveUp(load, job, error)
  }

  async #retryOrGiveUp(load: Load, job: Job, error: unknown): Promise<void> {
    const { suspicion } = job
    const exhausted = (): boolean => {
      const usable = this.#serving(job.work.model).filter(endpoint => !endpoint.breaker.ejected).length
      return suspicion.exhausted(usable)
    }
    const { control } = load.endpoint
    const otherWorks = control?.generation.prompt !== load.attempts[0]!.generation.prompt
    if (suspicion.grave && !exhausted() && otherWorks) await this.#tryControl(load.endpoint)
    if (exhausted()) {
      const message = `failed ${suspicion.count} times while others succeeded`
      job.fail(new SteerflowError('STEERFLOW_RECORD_EXHAUSTED', message, { cause: error }))
      return
    }
    const wait = backoff(suspicion.count, this.options.retry, this.options.breaker.random)
    if (!job.settled) job.later(wait, () => this.#enqueue(job, 'back'))
  }

  /** Tries an ejected endpoint with something that once succeeded there: no record suffers, and none can mislead. */
  async #probe(endpoint: Endpoint): Promise<void> {
    const probe = endpoint.breaker.sent()
    const works = await this.#tryControl(endpoint)
    if (works) endpoint.breaker.succeeded()
    else endpoint.breaker.failed(performance.now(), { probe, certain: true })
    this.#schedule()
  }

  /** Whether an endpoint answers something that once succeeded there; if it answers, but badly, that is forgotten. */
  async #tryControl(endpoint: Endpoint): Promise<boolean> {
    const { control } = endpoint
    if (!control) return false
    this.counters.calls++
    const verdict = await endpoint.send([control.generation], this.#closed.signal).catch(() => null)
    if (!verdict) return false
    this.counters.outcomes[verdict.kind]++
    if (verdict.kind === 'ok' && isProof(control, verdict.answers[0]!)) {
      endpoint.successes++
      this.#outage.over()
      return true
    }
    if (verdict.kind === 'ok' || verdict.kind === 'poison') endpoint.control = null
    return false
  }

  /** Ejected endpoints are tried again when their pause is over, if there is work for them. */
  #wakeForProbes(): void {
    clearTimeout(this.#wake)
    this.#wake = undefined
    const waits = this.#lanes.models().flatMap(model => this.#serving(model).map(({ breaker }) => breaker.opensAt))
    const times = waits.filter(time => time !== null)
    if (times.length === 0) return
    const wait = Math.max(1, Math.min(...times) - performance.now())
    this.#wake = setTimeout(() => this.#schedule(), wait)
  }
}

const serves = (endpoint: Endpoint, model: string): boolean => endpoint.model === null || endpoint.model === model

/** Whether it is time to try an ejected endpoint, and there is something to try it with. */
const canProbe = ({ breaker, control }: Endpoint): boolean =>
  breaker.ejected && control !== null && breaker.admits(performance.now())

/** Whether an answer to an attempt shows that the endpoint works. */
function isProof(attempt: Attempt<unknown>, answer: Answer): boolean {
  try {
    return attempt.accept(answer).proof
  } catch {
    return false
  }
}

const sameLimits = ({ generation: a }: Attempt<unknown>, { generation: b }: Attempt<unknown>): boolean =>
  a.maxTokens === b.maxTokens && a.endStrings.join('\0') === b.endStrings.join('\0')
