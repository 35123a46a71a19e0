import { setMaxListeners } from 'node:events'
import { digest } from '../../domain/digest.js'
import { labelPrompt } from '../../domain/prompt.js'
import { type PinnedValueModel, type ScoredTurn, type TurnToScore } from '../../stages/needs.js'
import { type FleetStats } from './pool/counters.js'
import { type EndpointAddress } from './pool/endpoint.js'
import { type AdmissionLimit } from './pool/admission.js'
import { Pool } from './pool/pool.js'
import { PrefixCache } from './prefix-cache.js'
import { nemoGenerate } from './protocols/nemo-generate.js'
import { checkedFor } from './protocols/protocols.js'
import { scoreTurn, type Scoring } from './score-turn.js'
import { Verification } from './verification.js'

export interface FleetOptions extends Scoring {
  readonly endpoints: readonly EndpointAddress[]
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
  /** Failures that count after which a record is given up (5). */
  readonly maxFailures?: number
  /**
   * Turns whose scores are remembered (50,000; about 1 kB each). 0, the default of `per-attribute`: none, every turn is
   * asked for, as the original does.
   */
  readonly cacheEntries?: number
  /** Share of the turns that come as whole lines of which the attributes are asked for one by one too (0). */
  readonly verify?: number
  /** Source of jitter. */
  readonly random?: () => number
}

/** Value model servers behind one interface. */
export interface Fleet {
  /** The model of that digest: its turns go to endpoints that serve it, or that declare no model. */
  pinned(digest: string): PinnedValueModel
  /** @throws STEERFLOW_CONFIG_INVALID when its protocol cannot give labels of the attribute set. */
  addEndpoint(address: EndpointAddress): void
  /**
   * Takes an endpoint away: it gets nothing new, and has `drainMs` (10,000) to answer what it has; what is left then goes
   * elsewhere. Resolves when it is gone.
   */
  removeEndpoint(url: string, drainMs?: number): Promise<void>
  /** Conversations to have under way, so that every server finds its next prompts waiting here. */
  conversations(): number
  /** What each endpoint declares to serve: a digest or name, null for whatever is asked. */
  models(): readonly (string | null)[]
  /** Milliseconds for which nothing has succeeded although something was tried; null when all is well. */
  outageMs(): number | null
  /** Everything at this moment; sorts the times of every endpoint, so not for every record. */
  stats(): FleetStats
  /** Ends all calls: who waits gets STEERFLOW_OUTAGE. */
  close(): Promise<void>
}

/**
 * Opens a fleet. Nothing is connected before the first turn; endpoints may come and go while it is used.
 * @throws STEERFLOW_CONFIG_INVALID when the protocol of an endpoint cannot give labels of the attribute set.
 */
export function openFleet(options: FleetOptions): Fleet {
  const pool = new Pool({
    protocol: nemoGenerate,
    inFlight: options.inFlight ?? null,
    mostInFlight: options.mostInFlight ?? 1024,
    batch: options.batch ?? null,
    tokensInFlight: options.tokensInFlight ?? 1_000_000,
    queue: options.queue ?? { requests: 20_000, tokens: 50_000_000 },
    deadlineMs: options.deadlineMs ?? 120_000,
    lines: options.protocol === 'auto',
    breaker: { failures: 5, pause: { first: 100, most: 10_000 }, random: options.random ?? Math.random },
    maxFailures: options.maxFailures ?? 5,
    retry: { first: 100, most: 5_000 },
    retryForMs: options.retryForMs ?? null,
  })
  const add = (address: EndpointAddress): void => {
    checkedFor(options.attributeSet, address.protocol ?? nemoGenerate)
    pool.add(address)
  }
  options.endpoints.forEach(add)
  const scores = new PrefixCache<ScoredTurn>(options.cacheEntries ?? (options.protocol === 'auto' ? 50_000 : 0))

  const verification = new Verification(options.verify ?? 0)
  const ask = async (key: string, model: string, turn: TurnToScore, signal: AbortSignal): Promise<ScoredTurn> => {
    const asked = await scoreTurn(pool, options, model, turn, signal)
    if (asked.by === 'line' && verification.chosen(key)) {
      const single = await scoreTurn(pool, options, model, turn, signal, false)
      if (single.by === 'attributes') verification.compare(asked.turn, single.turn)
    }
    return asked.turn
  }

  return {
    pinned: model => ({
      digest: model,
      attributeSet: options.attributeSet,
      scoreTurn: async (turn, signal) => {
        // One signal serves many calls: every turn of every record of a partition listens to it.
        setMaxListeners(0, signal)
        const prompt = labelPrompt(turn.system, turn.turns, options.tokens)
        const key = digest(model, options.attributeSet.name, options.tokens.label, prompt)
        const scored = await scores.get(key, signal, shared => ask(key, model, turn, shared))
        pool.counters.turnsScored++
        return scored
      },
    }),
    addEndpoint: add,
    removeEndpoint: (url, drainMs = 10_000) => pool.remove(url, drainMs),
    conversations: () => Math.max(64, 3 * pool.capacity),
    models: () => pool.endpoints.filter(({ leaving }) => !leaving).map(({ model }) => model),
    outageMs: () => pool.outageMs,
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
      verified: verification.result,
      endpoints: pool.endpoints.map(endpoint => endpoint.stats()),
    }),
    close: () => pool.close(),
  }
}
