import type { EndpointsReport } from './endpoints/events.js'
import type { AdmissionLimit } from './pool/queue.js'
import { Pool } from './pool/pool.js'
import { nemoGenerate } from './protocols/nemo-generate.js'

/** How a fleet sends its requests. Settings that are left out are tuned at run time or have the default given here. */
export interface PoolSettings {
  /** Concurrent requests per endpoint (default: tuned to the best throughput). */
  readonly inFlight?: number
  /** Upper bound for that tuning (1,024); an endpoint may have its own. */
  readonly mostInFlight?: number
  /** Prompts in one request, if the protocol takes several (default: tuned). */
  readonly batch?: number
  /** Maximum prompt tokens under way at one endpoint, approximately (1,000,000). */
  readonly tokensInFlight?: number
  /** Limit of waiting and running requests (20,000 requests, 50,000,000 tokens); callers wait while it is reached. */
  readonly queue?: AdmissionLimit
  /** Deadline of a whole answer, in milliseconds (120,000). */
  readonly deadlineMs?: number
  /** How long to wait out an outage, in milliseconds; null (default): forever. */
  readonly retryForMs?: number | null
  /** Milliseconds without an answer after which a server is reported as silent (10,000). */
  readonly silentAfterMs?: number
  /** Counted failures after which the pool gives a record up (5). */
  readonly maxFailures?: number
  /** Source of jitter. */
  readonly random?: () => number
  /** Receives outages, ejections and returns of endpoints, and changes in the way labels are requested. */
  readonly report?: EndpointsReport
}

/** A pool with these settings. @param lines whether to request whole label lines */
export const openPool = (settings: PoolSettings, lines: boolean): Pool =>
  new Pool({
    protocol: nemoGenerate,
    inFlight: settings.inFlight ?? null,
    mostInFlight: settings.mostInFlight ?? 1024,
    batch: settings.batch ?? null,
    tokensInFlight: settings.tokensInFlight ?? 1_000_000,
    queue: settings.queue ?? { requests: 20_000, tokens: 50_000_000 },
    deadlineMs: settings.deadlineMs ?? 120_000,
    ...(settings.silentAfterMs !== undefined && { silentAfterMs: settings.silentAfterMs }),
    lines,
    breaker: { failures: 5, pause: { first: 100, most: 10_000 }, random: settings.random ?? Math.random },
    maxFailures: settings.maxFailures ?? 5,
    retry: { first: 100, most: 5_000 },
    retryForMs: settings.retryForMs ?? null,
    report: settings.report ?? (() => undefined),
  })
