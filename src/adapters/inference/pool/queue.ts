import type { PendingRequest } from './request.js'
import type { Endpoint } from './endpoint.js'

/** Retries granted for each first attempt, retries granted per second in any case, and the most at once. */
const [share, perSecond, burst] = [0.5, 50, 500]

/**
 * Keeps retries from amplifying an overload: half as many as first attempts are allowed, and some per second in any
 * case (gRPC A6 and Envoy's retry budget). Retries beyond that wait; none is dropped.
 */
export class RetryBudget {
  #left = burst
  #at: number | null = null

  earned(): void {
    this.#left = Math.min(burst, this.#left + share)
  }

  /** Takes a retry out of the budget; returns the delay in milliseconds before it may be sent. */
  take(now: number): number {
    if (this.#at !== null) this.#left = Math.min(burst, this.#left + (perSecond * (now - this.#at)) / 1000)
    this.#at = now
    this.#left--
    return this.#left >= 0 ? 0 : (-this.#left / perSecond) * 1000
  }
}

/** Limit of waiting and running requests in the pool, together. */
export interface AdmissionLimit {
  readonly requests: number
  /** Prompt tokens, approximately. */
  readonly tokens: number
}

interface QueuedCall {
  readonly tokens: number
  enter(): void
}

/**
 * Admits calls to the pool. While it is full, calls wait outside in order. A call larger than the limit enters alone.
 */
export class Admission {
  #requests = 0
  #tokens = 0
  readonly #outside = new Set<QueuedCall>()

  constructor(private readonly limit: AdmissionLimit) {}

  get outside(): number {
    return this.#outside.size
  }

  /** @throws the signal's reason if it is aborted before there is room. */
  async enter(tokens: number, signal: AbortSignal): Promise<void> {
    if (this.#outside.size === 0 && this.#hasRoom(tokens)) {
      this.#take(tokens)
      return
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#outside.delete(waiting)
        reject(signal.reason as Error)
      }
      const waiting = {
        tokens,
        enter: (): void => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      this.#outside.add(waiting)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  leave(tokens: number): void {
    this.#requests--
    this.#tokens -= tokens
    for (const next of this.#outside) {
      if (!this.#hasRoom(next.tokens)) return
      this.#outside.delete(next)
      this.#take(next.tokens)
      next.enter()
    }
  }

  #hasRoom(tokens: number): boolean {
    if (this.#requests === 0) return true
    return this.#requests < this.limit.requests && this.#tokens + tokens <= this.limit.tokens
  }

  #take(tokens: number): void {
    this.#requests++
    this.#tokens += tokens
  }
}

/** Approximate tokens of a text, without a tokenizer: four characters each. */
export const roughTokens = (characters: number): number => Math.ceil(characters / 4)

/** How far ahead `take` looks for prompts of similar length, in requests. */
const horizon = 4

/** Jobs that wait for an endpoint, in order of arrival, separately for each model. */
export class Lanes {
  readonly #lanes = new Map<string, PendingRequest[]>()

  /** Adds a job at the back, or at the front if a failure that was not its fault put it back. */
  add(job: PendingRequest, where: 'front' | 'back'): void {
    const { model } = job.work
    const lane = this.#lanes.get(model) ?? []
    if (where === 'front') lane.unshift(job)
    else lane.push(job)
    this.#lanes.set(model, lane)
  }

  models(): string[] {
    return [...this.#lanes.keys()]
  }

  /** Number of waiting jobs of a model, including abandoned ones. */
  length(model: string): number {
    return this.#lanes.get(model)?.length ?? 0
  }

  /** The next job of a model that is not abandoned. */
  next(model: string): PendingRequest | null {
    const lane = this.#lanes.get(model)
    while (lane?.[0]?.settled) lane.shift()
    if (lane?.[0]) return lane[0]
    this.#lanes.delete(model)
    return null
  }

  /**
   * Takes the job that `next` returns, and up to `count - 1` of the following jobs that may share its request. A
   * request lasts as long as its longest prompt, so the nearest in length of the next few are taken. The first always
   * goes, so that no job starves.
   */
  take(model: string, count: number): PendingRequest[] {
    const lane = this.#lanes.get(model)!
    const first = lane.shift()!
    if (count === 1 || first.alone || lane.length === 0) return [first]
    const near = lane.slice(0, horizon * count).filter(job => !job.settled && !job.alone)
    const apart = (job: PendingRequest): number => Math.abs(job.work.characters - first.work.characters)
    const taken = new Set(near.sort((a, b) => apart(a) - apart(b)).slice(0, count - 1))
    this.#lanes.set(model, [
      ...lane.slice(0, horizon * count).filter(job => !taken.has(job)),
      ...lane.slice(horizon * count),
    ])
    return [first, ...taken]
  }
}

/** How long to wait for a batch to fill, in ms: at an idle server, and at most. */
const gather = { idle: 2, most: 200 }

/** True if an endpoint serves the model, or any model. */
export const serves = (endpoint: Endpoint, model: string): boolean =>
  endpoint.model === null || endpoint.model === model

/** How long a job waits for others to share its request, in milliseconds, at an endpoint that takes several prompts. */
export function gatherMs({ capacity, outstanding, times }: Endpoint): number {
  if (capacity.batch === 1) return 0
  return outstanding === 0 ? gather.idle : Math.min(gather.most, Math.max(gather.idle, times.mean / 4))
}

/**
 * Chooses, from the endpoints with room, the one where the job failed least, and then the one that will answer first:
 * the least busy, weighted by its speed. Null if there is none, or if its batch is still filling: an idle endpoint is
 * waited for, a busy one is passed over meanwhile.
 */
export function choose(
  endpoints: readonly Endpoint[],
  job: PendingRequest,
  { tokens, waiting, now }: { readonly tokens: number; readonly waiting: number; readonly now: number },
): Endpoint | null {
  const ready = (endpoint: Endpoint): boolean =>
    job.alone || waiting >= endpoint.capacity.batch || now >= job.queuedAt + gatherMs(endpoint)
  const free = endpoints.filter(
    endpoint => endpoint.admits(tokens, now) && (endpoint.outstanding === 0 || ready(endpoint)),
  )
  const cost = (endpoint: Endpoint): number => {
    const kept = endpoint === job.work.near ? 0.8 : 1
    const others = Math.max(0, (endpoint.queued ?? 0) - endpoint.outstanding)
    const witness = endpoint.witness(job.work.question)
    const failures = job.suspicion.at(witness) + job.refusals.at(witness)
    return failures * 1e9 + kept * endpoint.times.expected(endpoint.outstanding + others) + endpoint.outstanding
  }
  let [best, least] = [null as Endpoint | null, Infinity]
  for (const one of free) {
    const costs = free.length === 1 ? 0 : cost(one)
    if (costs < least) [best, least] = [one, costs]
  }
  return best && ready(best) ? best : null
}
