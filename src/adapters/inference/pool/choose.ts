import type { Endpoint } from './endpoint.js'
import type { PendingRequest } from './request.js'

/** A request of several prompts waits so long for the last of them, in milliseconds: at an idle server, and at most. */
const gather = { idle: 2, most: 200 }

/** Whether an endpoint serves a model: its own, or any. */
export const serves = (endpoint: Endpoint, model: string): boolean =>
  endpoint.model === null || endpoint.model === model

/** Milliseconds that a job waits for others to share its request with, at an endpoint that takes several together. */
export function gatherMs({ capacity, outstanding, times }: Endpoint): number {
  if (capacity.batch === 1) return 0
  return outstanding === 0 ? gather.idle : Math.min(gather.most, Math.max(gather.idle, times.mean / 4))
}

/**
 * Of the endpoints with room the one where the job failed least, and of those the one that answers first: the least busy,
 * weighted by how fast it is. Null when there is none, or when prompts are still gathered for it: an idle one is waited
 * for, a busy one is passed over meanwhile.
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
