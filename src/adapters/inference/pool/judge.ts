import { SteerflowError } from '../../../domain/errors.js'
import { backoff, type Backoff } from '../../../runtime/retry.js'
import { type Answer, type Verdict } from '../protocols/protocol.js'
import { type Attempt } from './attempt.js'
import { type Counters } from './counters.js'
import { type Endpoint } from './endpoint.js'
import { type Job } from './job.js'
import { type Load } from './load.js'
import { type Outage } from './outage.js'
import { type Prober } from './prober.js'
import { type RetryBudget } from './retry-budget.js'

/**
 * Refusals after which a request is taken to be invalid, elsewhere where there is another server: one may be set up with
 * less room than the others, or be confused. Invalid requests are rare, so that this costs little.
 */
const opinions = 4

/** What the judge acts on. */
export interface Court {
  readonly counters: Counters
  readonly outage: Outage
  readonly prober: Prober
  readonly budget: RetryBudget
  /** Waits between the attempts of one request. */
  readonly retry: Backoff
  readonly random: () => number
  /** Endpoints of the model of a job, those that leave not among them. */
  serving(job: Job): readonly Endpoint[]
  enqueue(job: Job, where: 'front' | 'back'): void
}

/**
 * Decides what the outcome of a request means: for its jobs (`Suspicion`), for its endpoint (`Breaker`, `Refusals`), and
 * for everything (`Outage`).
 */
export class Judge {
  constructor(private readonly court: Court) {}

  judge(load: Load, verdict: Verdict): void {
    const { endpoint, jobs } = load
    this.court.counters.outcomes[verdict.kind]++
    if (verdict.kind === 'ok') {
      this.#answered(load)
      jobs.forEach((job, index) => this.#accept(load, job, load.attempts[index]!, verdict.answers[index]!))
      return
    }
    endpoint.gauges.failed(verdict.kind)
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

  /** The endpoint works on requests, whatever the answers are worth. */
  #answered({ endpoint, sent, jobs, underWay }: Load): void {
    const now = performance.now()
    endpoint.times.add(now - sent.at, underWay, jobs.length, now)
    endpoint.capacity.answered(sent, now)
    const full = endpoint.refusals.answered()
    if (full) endpoint.capacity.overloaded(full.sent, full.underWay, now)
  }

  #poisoned({ endpoint, jobs, probe }: Load, reason: string): void {
    endpoint.breaker.undecided(probe)
    if (jobs.length > 1) {
      this.#separate(jobs)
      return
    }
    const [job] = jobs as [Job]
    job.refusedBy.push(endpoint)
    if (job.refusedBy.length < opinions) {
      job.alone = true
      this.court.enqueue(job, 'back')
      return
    }
    const message = `${endpoint.url} refused the request`
    job.fail(new SteerflowError('STEERFLOW_INFERENCE_REFUSED', message, { cause: new Error(reason) }))
  }

  #overloaded({ endpoint, sent, probe }: Load, retryAfterMs: number | null): void {
    const now = performance.now()
    const alone = endpoint.refusals.refused(sent, endpoint.outstanding, now, retryAfterMs)
    if (!alone && !probe) return
    endpoint.refusals.answered()
    endpoint.breaker.failed(now, { probe, certain: true, leastMs: retryAfterMs ?? 0 })
  }

  /** The jobs lost their turn through no fault of theirs. */
  #sendAgain({ endpoint, jobs }: Load, reason: string): void {
    this.court.outage.failed(new Error(`${endpoint.url}: ${reason}`))
    for (const job of jobs.toReversed()) this.court.enqueue(job, 'front')
  }

  #failedHere(load: Load, error: Error): void {
    const { jobs } = load
    if (jobs.length === 1) {
      this.#blame(load, jobs[0]!, error)
      return
    }
    this.#suspectEndpoint(load, jobs[0]!)
    this.court.outage.failed(error)
    this.#separate(jobs)
  }

  /** A request with several prompts failed as a whole: which of them it was shows when each goes alone. */
  #separate(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) {
      job.alone = true
      this.court.enqueue(job, 'front')
    }
  }

  #accept(load: Load, job: Job, attempt: Attempt<unknown>, answer: Answer): void {
    const { endpoint } = load
    try {
      const { value, proof } = attempt.accept(answer)
      endpoint.breaker.succeeded()
      endpoint.gauges.succeeded(answer.tokens)
      if (proof) {
        endpoint.successes++
        endpoint.control = attempt
        this.court.outage.over()
      }
      job.succeed(value)
    } catch (error) {
      this.court.counters.outcomes.answer++
      endpoint.gauges.failed('answer')
      this.#blame(load, job, error)
    }
  }

  /**
   * A job failed where it was alone. One that failed before says nothing about the endpoint; one that never did may be a
   * sign that the endpoint is broken.
   */
  #blame(load: Load, job: Job, error: unknown): void {
    if (job.suspicion.count === 0 || load.probe) this.#suspectEndpoint(load, job)
    job.suspicion.add(load.endpoint, load.successesWhenSent)
    job.alone = true
    this.court.outage.failed(error)
    void this.#retryOrGiveUp(load, job, error)
  }

  /** On mere suspicion at most half of a model's endpoints are out: better a doubtful one than the load of all on few. */
  #suspectEndpoint({ endpoint, probe }: Load, job: Job): void {
    const serving = this.court.serving(job)
    const out = serving.filter(({ breaker }) => breaker.ejected).length
    const spared = serving.length > 1 && out + 1 > serving.length / 2
    endpoint.breaker.failed(performance.now(), { probe, certain: false, spared })
  }

  async #retryOrGiveUp(load: Load, job: Job, error: unknown): Promise<void> {
    const { suspicion } = job
    const exhausted = (): boolean => {
      const usable = this.court.serving(job).filter(({ breaker }) => !breaker.ejected).length
      return suspicion.exhausted(usable)
    }
    const { control } = load.endpoint
    const otherWorks = control?.generation.prompt !== load.attempts[0]!.generation.prompt
    if (suspicion.grave && !exhausted() && otherWorks) await this.court.prober.works(load.endpoint)
    if (exhausted()) {
      const message = `failed ${suspicion.count} times while others succeeded`
      job.fail(new SteerflowError('STEERFLOW_RECORD_EXHAUSTED', message, { cause: error }))
      return
    }
    if (job.settled) return
    const wait = backoff(suspicion.count, this.court.retry, this.court.random)
    job.later(Math.max(wait, this.court.budget.take(performance.now())), () => this.court.enqueue(job, 'back'))
  }
}
