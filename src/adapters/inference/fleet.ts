import { setMaxListeners } from 'node:events'
import type { AttributeSet } from '../../domain/attributes.js'
import { digest } from '../../domain/digest.js'
import { labelPrompt } from '../../domain/prompt.js'
import type { PinnedValueModel, ScoredTurn, TurnToScore } from '../../stages/needs.js'
import type { FleetStats } from './pool/stats.js'
import type { EndpointAddress } from './pool/endpoint.js'
import { openPool, type PoolSettings } from './open-pool.js'
import { type Servers, serversOf } from './pool/pool.js'
import { nemoGenerate } from './protocols/nemo-generate.js'
import { checkedFor } from './protocols/protocols.js'
import { scoreTurn, type Scoring, LabelVerification } from './score-turn.js'

interface Flight<T> {
  readonly result: Promise<T>
  readonly cancel: AbortController
  waiting: number
}

/**
 * Computes a value once for each key. It keeps the `entries` most recently used values, and callers wait for a
 * computation that is under way. The computation is cancelled when all its callers have given up; failures are not
 * kept.
 */
export class PrefixCache<T> {
  /** Calls that needed no computation of their own. */
  reused = 0
  readonly #known = new Map<string, T>()
  readonly #flights = new Map<string, Flight<T>>()

  constructor(private readonly entries: number) {}

  /** @throws the errors of `compute`, or the signal's reason. */
  async get(key: string, signal: AbortSignal, compute: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.entries === 0) return compute(signal)
    signal.throwIfAborted()
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.reused++
      this.#keep(key, known)
      return known
    }
    const flying = this.#flights.get(key)
    if (flying) this.reused++
    return this.#join(flying ?? this.#start(key, compute), signal)
  }

  #start(key: string, compute: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const cancel = new AbortController()
    const result = compute(cancel.signal)
    const flight: Flight<T> = { result, cancel, waiting: 0 }
    this.#flights.set(key, flight)
    const landed = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    result.then(value => {
      landed()
      this.#keep(key, value)
    }, landed)
    cancel.signal.addEventListener('abort', landed)
    return flight
  }

  #join(flight: Flight<T>, signal: AbortSignal): Promise<T> {
    flight.waiting++
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        if (--flight.waiting === 0) flight.cancel.abort()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
      const done = (): void => signal.removeEventListener('abort', leave)
      flight.result.then(resolve, reject).finally(done)
    })
  }

  #keep(key: string, value: T): void {
    this.#known.delete(key)
    this.#known.set(key, value)
    if (this.#known.size <= this.entries) return
    const oldest = this.#known.keys().next()
    if (!oldest.done) this.#known.delete(oldest.value)
  }
}

export interface FleetOptions extends Scoring, PoolSettings {
  readonly endpoints: readonly EndpointAddress[]
  /**
   * Turns to cache scores of (20,000; about 1 kB each). 0, the default of `per-attribute`, disables the cache: every
   * turn is requested, as in the original.
   */
  readonly cacheEntries?: number
  /** Share of the turns with whole label lines to request again attribute by attribute (0). */
  readonly verify?: number
}

/** Servers of value models behind one interface. */
export interface Fleet extends Servers {
  /**
   * The model of that digest: its turns go to endpoints that serve it, or that declare no model.
   * @param predicts its attribute set (default: the fleet's own)
   */
  pinned(digest: string, predicts?: AttributeSet): PinnedValueModel
  /** A snapshot. It sorts the latencies of every endpoint: do not call it for every record. */
  stats(): FleetStats
}

/**
 * Opens a fleet. It connects at the first turn; endpoints may come and go.
 * @throws STEERFLOW_CONFIG_INVALID if the protocol of an endpoint cannot give labels of the attribute set.
 */
export function openFleet(options: FleetOptions): Fleet {
  const pool = openPool(options, options.protocol === 'auto')
  const servers = serversOf(pool, options.endpoints, ({ protocol = nemoGenerate }) =>
    checkedFor(options.attributeSet, protocol),
  )
  const scores = new PrefixCache<ScoredTurn>(options.cacheEntries ?? (options.protocol === 'auto' ? 20_000 : 0))

  const verification = new LabelVerification(options.verify ?? 0)
  const ask = async (
    scoring: Scoring,
    key: string,
    model: string,
    turn: TurnToScore,
    signal: AbortSignal,
  ): Promise<ScoredTurn> => {
    const asked = await scoreTurn(pool, scoring, model, turn, signal)
    if (asked.by === 'line' && verification.chosen(key)) {
      const single = await scoreTurn(pool, scoring, model, turn, signal, false)
      if (single.by === 'attributes') verification.compare(asked.turn, single.turn)
    }
    return asked.turn
  }

  return {
    ...servers,
    pinned: (model, attributeSet = options.attributeSet) => ({
      digest: model,
      attributeSet,
      scoreTurn: async (turn, signal) => {
        // Every turn of every record of a partition listens to this signal.
        setMaxListeners(0, signal)
        const prompt = labelPrompt(turn.system, turn.turns, options.tokens)
        // Reward servers get roles, which depend on the mask; prompts of value models do not.
        const roles = turn.mask === undefined || turn.mask === null || turn.mask === 'User' ? [] : [turn.mask]
        const key = digest(model, attributeSet.name, options.tokens.label, prompt, ...roles)
        const scored = await scores.get(key, signal, shared =>
          ask({ ...options, attributeSet }, key, model, turn, shared),
        )
        pool.counters.turnsScored++
        return scored
      },
    }),
    stats: () => ({
      calls: pool.counters.calls,
      outcomes: { ...pool.counters.outcomes },
      inFlight: pool.inFlight,
      waiting: pool.waiting,
      turnsScored: pool.counters.turnsScored,
      prefixesReused: scores.reused,
      lines: pool.counters.lines,
      attributeByAttribute: pool.counters.attributeByAttribute,
      outageMs: pool.outage?.ms ?? null,
      outageCause: pool.outage?.cause ?? null,
      verified: verification.result,
      endpoints: pool.endpoints.map(endpoint => endpoint.stats()),
    }),
  }
}
