import type { EndpointsReport } from './endpoints/events.js'
import type { AdmissionLimit } from './pool/queue.js'
import { Pool } from './pool/pool.js'
import { nemoGenerate } from './protocols/nemo-generate.js'

/** How a fleet sends its requests; what is left out is found by trying, or as said. */
export interface PoolSettings {
  /** Requests at a time at each endpoint; left out: the number at which it gives most, found by trying. */
  readonly inFlight?: number
  /** Requests at a time at one endpoint beyond which no number is tried (1,024); an endpoint may have its own bound. */
  readonly mostInFlight?: number
  /** Prompts in one request, where the protocol takes several; left out: found by trying. */
  readonly batch?: number
  /** Most tokens of prompts under way at one endpoint, roughly (1,000,000). */
  readonly tokensInFlight?: number
  /** What may wait here and be under way (20,000 requests, 50,000,000 tokens); who comes then waits outside. */
  readonly queue?: AdmissionLimit
  /** Milliseconds for a whole answer (120,000). */
  readonly deadlineMs?: number
  /** Milliseconds for which an outage is waited for; null (default): for ever. */
  readonly retryForMs?: number | null
  /** Milliseconds without an answer after which a server is told of as silent (10,000). */
  readonly silentAfterMs?: number
  /** Failures that count after which a record is given up (5). */
  readonly maxFailures?: number
  /** Source of jitter. */
  readonly random?: () => number
  /** Told of outages, of endpoints that are ejected and return, and how they are asked. */
  readonly report?: EndpointsReport
}

/** A pool with these settings; `lines`: whether endpoints are asked for whole label lines. */
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
