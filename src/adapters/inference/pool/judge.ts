import { explain, SteerflowError } from '../../../domain/errors.js'
import { backoff, type Backoff } from '../../../runtime/retry.js'
import type { Answer, Verdict } from '../protocols/protocol.js'
import type { Attempt } from './attempt.js'
import type { Dispatch, PendingRequest, PoisonEvidence } from './request.js'
import type { EndpointHistory } from './endpoint-health.js'
import type { PoolCounters } from './stats.js'
import type { Endpoint } from './endpoint.js'
import type { Outage } from './outage.js'
import type { Prober } from './prober.js'
import type { RetryBudget } from './queue.js'

export interface JudgeDependencies {
  readonly counters: PoolCounters
  readonly outage: Outage
  readonly prober: Prober
  readonly budget: RetryBudget
  /** Backoff between the attempts of one request. */
  readonly retry: Backoff
  readonly random: () => number
  /** Endpoints of the model of a job, without those that leave. */
  serving(job: PendingRequest): readonly Endpoint[]
  enqueue(job: PendingRequest, where: 'front' | 'back'): void
}

/**
 * Decides on the consequences of a request's outcome: for its jobs (`PoisonEvidence`), for its endpoint (`Breaker`,
 * `Backpressure`), and for all (`Outage`).
 */
export class Judge {
  constructor(private readonly court: JudgeDependencies) {}

  judge(load: Dispatch, verdict: Verdict): void {
    const { endpoint, jobs } = load
    this.court.counters.outcomes[verdict.kind]++
    if (verdict.kind === 'ok') {
      this.#answered(load)
      jobs.forEach((job, index) => this.#accept(load, job, load.attempts[index]!, verdict.answers[index]!))
      return
    }
    endpoint.gauges.failed(verdict.kind)
    endpoint.trouble = verdict.reason
    switch (verdict.kind) {
      case 'poison':
        this.#poisoned(load, verdict.reason)
        return
      case 'overloaded':
        this.#overloaded(load, verdict.retryAfterMs)
        this.#sendAgain(load, verdict.reason)
        return
      case 'unavailable':
        endpoint.breaker.failed(performance.now(), { probe: load.probe, certain: true })
        this.#sendAgain(load, verdict.reason)
        return
      case 'elsewhere':
        this.#failedHere(load, new Error(`${endpoint.url}: ${verdict.reason}`))
    }
  }

  /** The endpoint responds to requests, whatever the answers are worth. */
  #answered({ endpoint, sent, jobs, underWay }: Dispatch): void {
    const now = performance.now()
    endpoint.times.add(now - sent.at, underWay, jobs.length, now)
    endpoint.capacity.answered(sent, now)
    const full = endpoint.refusals.answered()
    if (full) endpoint.capacity.overloaded(full.sent, full.underWay, now)
  }

  #poisoned(load: Dispatch, reason: string): void {
    const { endpoint, jobs, probe } = load
    endpoint.breaker.undecided(probe)
    if (jobs.length > 1) {
      this.#separate(jobs)
      return
    }
    const [job] = jobs as [PendingRequest]
    const error = new Error(`${endpoint.url}: ${reason}`)
    this.#fresh(load, job, true)
    // The record is at fault if others are accepted here; an endpoint that accepted none is no evidence.
    const witness = endpoint.witness(job.work.question)
    if (witness.successes === 0 && (job.refusals.count === 0 || probe)) this.#suspectEndpoint(load, job)
    job.refusals.add(witness, job.whenSent)
    job.alone = true
    this.#failed([job], error)
    void this.#askAgainOrGiveUp(load, job, job.refusals, () => {
      const message = `${endpoint.url} refused the request, and accepted others since`
      return new SteerflowError('STEERFLOW_INFERENCE_REFUSED', message, { cause: error })
    })
  }

  #overloaded({ endpoint, sent, probe }: Dispatch, retryAfterMs: number | null): void {
    const now = performance.now()
    const alone = endpoint.refusals.refused(sent, endpoint.outstanding, now, retryAfterMs)
    if (!alone && !probe) return
    endpoint.refusals.answered()
    endpoint.breaker.failed(now, { probe, certain: true, leastMs: retryAfterMs ?? 0 })
  }

  /** Puts the jobs back at the front of the queue: their failure is not their fault. */
  #sendAgain({ endpoint, jobs }: Dispatch, reason: string): void {
    this.#failed(jobs, new Error(`${endpoint.url}: ${reason}`))
    for (const job of jobs.toReversed()) this.court.enqueue(job, 'front')
  }

  #failedHere(load: Dispatch, error: Error): void {
    const { jobs } = load
    if (jobs.length === 1) {
      this.#blame(load, jobs[0]!, error)
      return
    }
    this.#suspectEndpoint(load, jobs[0]!)
    this.#failed(jobs, error)
    this.#separate(jobs)
  }

  /** A request with several prompts failed as a whole: each prompt is sent alone to find the one at fault. */
  #separate(jobs: readonly PendingRequest[]): void {
    for (const job of jobs.toReversed()) {
      job.alone = true
      this.court.enqueue(job, 'front')
    }
  }

  #accept(load: Dispatch, job: PendingRequest, attempt: Attempt<unknown>, answer: Answer): void {
    const { endpoint } = load
    try {
      const { value, proves } = attempt.accept(answer)
      endpoint.breaker.succeeded()
      endpoint.gauges.succeeded(answer.tokens)
      this.#fresh(load, job, false)
      if (proves.length > 0) {
        endpoint.succeeded(attempt, proves)
        this.court.outage.succeeded(proves)
      }
      job.succeed(value)
    } catch {
      this.court.counters.outcomes.answer++
      endpoint.gauges.failed('answer')
      this.#blame(load, job, complaint(endpoint, attempt, answer))
    }
  }

  /**
   * A job failed in a request of its own. If it failed before, that says nothing about the endpoint; if not, the
   * endpoint may be broken.
   */
  #blame(load: Dispatch, job: PendingRequest, error: unknown): void {
    if (job.suspicion.count === 0 || load.probe) this.#suspectEndpoint(load, job)
    this.#fresh(load, job, true)
    job.suspicion.add(load.endpoint.witness(job.work.question), job.whenSent)
    job.alone = true
    this.#failed([job], error)
    void this.#askAgainOrGiveUp(load, job, job.suspicion, () => {
      const message = `failed ${job.suspicion.count} times while others succeeded`
      return new SteerflowError('STEERFLOW_RECORD_EXHAUSTED', message, { cause: error })
    })
  }

  /**
   * On mere suspicion at most half of a model's endpoints are ejected: a doubtful one is better than all load on few.
   */
  #suspectEndpoint({ endpoint, probe }: Dispatch, job: PendingRequest): void {
    const serving = this.court.serving(job)
    const out = serving.filter(({ breaker }) => breaker.ejected).length
    const spared = serving.length > 1 && out + 1 > serving.length / 2
    endpoint.breaker.failed(performance.now(), { probe, certain: false, spared })
  }

  /** Retries later, or gives the job up with `error` if enough failures count. */
  async #askAgainOrGiveUp(
    load: Dispatch,
    job: PendingRequest,
    against: PoisonEvidence,
    error: () => SteerflowError,
  ): Promise<void> {
    const exhausted = (): boolean => {
      const usable = this.court.serving(job).filter(({ breaker }) => !breaker.ejected).length
      return against.exhausted(usable)
    }
    if (against.grave && !exhausted()) await this.#sibling(load, job)
    if (exhausted() && (await this.#isWitness(load, job, against))) {
      job.fail(error())
      return
    }
    if (job.settled) return
    // Where others succeed now, a last attempt need not wait.
    const wait = backoff(against.outlived ? 1 : against.count, this.court.retry, this.court.random)
    job.later(Math.max(wait, this.court.budget.take(performance.now())), () => this.court.enqueue(job, 'back'))
  }

  /**
   * True if successes at an endpoint are evidence against a job. If many requests fail there, a success may be luck:
   * then an earlier success has to be repeated twice as many times in a row as the job failed. If that fails, the
   * endpoint caused the failures, and the job starts anew.
   */
  async #isWitness(load: Dispatch, job: PendingRequest, against: PoisonEvidence): Promise<boolean> {
    const { endpoint } = load
    const witness = endpoint.witness(job.work.question)
    if (!witness.doubtful) return true
    for (let passed = 0; passed < 2 * against.limit; passed++) {
      if (this.#otherThan(load, witness) && (await this.#works(endpoint, witness))) continue
      against.clear()
      return false
    }
    return true
  }

  /**
   * Sends the same question about something else to the endpoint: an earlier success, or the shortest possible turn if
   * there is none.
   */
  async #sibling(load: Dispatch, { work }: PendingRequest): Promise<void> {
    const { endpoint } = load
    const witness = endpoint.witness(work.question)
    if (witness.control === null) await this.court.prober.accepts(endpoint, work.sibling?.(endpoint) ?? null)
    else if (this.#otherThan(load, witness)) await this.#works(endpoint, witness)
  }

  /** True if an endpoint has an earlier success with a different prompt that can be repeated. */
  #otherThan({ attempts }: Dispatch, { control }: EndpointHistory): boolean {
    return control !== null && control.generation.prompt !== attempts[0]!.generation.prompt
  }

  /** Repeats an earlier success; an endpoint that refuses it is ejected. */
  async #works(endpoint: Endpoint, witness: EndpointHistory): Promise<boolean> {
    if (await this.court.prober.accepts(endpoint, witness.control)) return true
    endpoint.breaker.failed(performance.now(), { probe: false, certain: witness.control === null })
    return false
  }

  /** Notes the result of a job that never failed before. */
  #fresh({ endpoint }: Dispatch, job: PendingRequest, failed: boolean): void {
    if (job.suspicion.count + job.refusals.count > 0) return
    for (const one of [endpoint.overall, endpoint.witness(job.work.question)]) one.fresh(failed)
  }

  #failed(jobs: readonly PendingRequest[], cause: unknown): void {
    this.court.outage.failed(
      cause,
      jobs.map(({ work }) => work.question),
    )
  }
}

/** The fault of an answer, without secrets that we sent. */
function complaint(endpoint: Endpoint, attempt: Attempt<unknown>, answer: Answer): unknown {
  try {
    attempt.accept(endpoint.withoutSecrets(answer))
    return new SteerflowError('STEERFLOW_INFERENCE_ANSWER', 'the reply contains a secret that we sent')
  } catch (error) {
    endpoint.trouble = explain(error)
    return new Error(endpoint.url, { cause: error })
  }
}
