import { setMaxListeners } from 'node:events'
import { digest } from '../../domain/digest.js'
import { labelPrompt } from '../../domain/prompt.js'
import { type PinnedValueModel, type ScoredTurn } from '../../stages/needs.js'
import { type FleetStats } from './pool/counters.js'
import { type EndpointAddress } from './pool/endpoint.js'
import { Pool } from './pool/pool.js'
import { PrefixCache } from './prefix-cache.js'
import { nemoGenerate } from './protocols/nemo-generate.js'
import { scoreTurn, type Scoring } from './score-turn.js'

export interface FleetOptions extends Scoring {
  readonly endpoints: readonly EndpointAddress[]
  /**
   * Most requests at a time at each endpoint (8). NeMo's server works on one request at a time and queues the others
   * itself, without a bound: a few are enough to hide the network, and what waits here can still go elsewhere.
   */
  readonly inFlight?: number
  /** Most prompts in one request (1). NeMo works on the prompts of a request together: with 1 in flight, raise it. */
  readonly batch?: number
  /** Milliseconds for a whole answer (120,000). */
  readonly deadlineMs?: number
  /** Milliseconds for which an outage is waited for; null (default): for ever. */
  readonly retryForMs?: number | null
  /** Failures that count after which a record is given up (5). */
  readonly maxFailures?: number
  /**
   * Turns whose scores are remembered (50,000; about 1 kB each). 0, the default of `per-attribute`: none, every turn is
   * asked for, as the original does.
   */
  readonly cacheEntries?: number
  /** Source of jitter. */
  readonly random?: () => number
}

/** Value model servers behind one interface. */
export interface Fleet {
  /** The model of that digest: its turns go to endpoints that serve it, or that declare no model. */
  pinned(digest: string): PinnedValueModel
  addEndpoint(address: EndpointAddress): void
  /** Takes an endpoint away; what it was doing goes elsewhere. */
  removeEndpoint(url: string): Promise<void>
  /** What each endpoint declares to serve: a digest or name, null for whatever is asked. */
  models(): readonly (string | null)[]
  stats(): FleetStats
  /** Ends all calls: who waits gets STEERFLOW_OUTAGE. */
  close(): Promise<void>
}

/** Opens a fleet. Nothing is connected before the first turn; endpoints may come and go while it is used. */
export function openFleet(options: FleetOptions): Fleet {
  const pool = new Pool({
    protocol: nemoGenerate,
    inFlight: options.inFlight ?? 8,
    batch: options.batch ?? 1,
    deadlineMs: options.deadlineMs ?? 120_000,
    lines: options.protocol === 'auto',
    breaker: { failures: 5, pause: { first: 100, most: 10_000 }, random: options.random ?? Math.random },
    maxFailures: options.maxFailures ?? 5,
    retry: { first: 100, most: 5_000 },
    retryForMs: options.retryForMs ?? null,
  })
  for (const address of options.endpoints) pool.add(address)
  const scores = new PrefixCache<ScoredTurn>(options.cacheEntries ?? (options.protocol === 'auto' ? 50_000 : 0))

  return {
    pinned: model => ({
      digest: model,
      attributeSet: options.attributeSet,
      scoreTurn: async (turn, signal) => {
        // One signal serves many calls: every turn of every record of a partition listens to it.
        setMaxListeners(0, signal)
        const prompt = labelPrompt(turn.system, turn.turns, options.tokens)
        const key = digest(model, options.attributeSet.name, options.tokens.label, prompt)
        const scored = await scores.get(key, signal, shared => scoreTurn(pool, options, model, turn, shared))
        pool.counters.turnsScored++
        return scored
      },
    }),
    addEndpoint: address => pool.add(address),
    removeEndpoint: url => pool.remove(url),
    models: () => pool.endpoints.map(({ model }) => model),
    stats: () => ({
      calls: pool.counters.calls,
      outcomes: { ...pool.counters.outcomes },
      inFlight: pool.inFlight,
      waiting: pool.waiting,
      turnsScored: pool.counters.turnsScored,
      prefixesReused: scores.reused,
      lines: pool.counters.lines,
      attributeByAttribute: pool.counters.attributeByAttribute,
      outageMs: pool.outageMs,
      endpoints: pool.endpoints.map(({ url, outstanding, successes, breaker }) => ({
        url,
        inFlight: outstanding,
        answered: successes,
        ejected: breaker.ejected,
      })),
    }),
    close: () => pool.close(),
  }
}
