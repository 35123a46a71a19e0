import { setMaxListeners } from 'node:events'
import { digest } from '../../domain/digest.js'
import { labelPrompt } from '../../domain/prompt.js'
import { type PinnedValueModel, type ScoredTurn, type TurnToScore } from '../../stages/needs.js'
import { type FleetStats } from './pool/counters.js'
import { type EndpointAddress } from './pool/endpoint.js'
import { openPool, type PoolSettings } from './open-pool.js'
import { PrefixCache } from './prefix-cache.js'
import { nemoGenerate } from './protocols/nemo-generate.js'
import { checkedFor } from './protocols/protocols.js'
import { scoreTurn, type Scoring } from './score-turn.js'
import { Verification } from './verification.js'

export interface FleetOptions extends Scoring, PoolSettings {
  readonly endpoints: readonly EndpointAddress[]
  /**
   * Turns whose scores are remembered (50,000; about 1 kB each). 0, the default of `per-attribute`: none, every turn is
   * asked for, as the original does.
   */
  readonly cacheEntries?: number
  /** Share of the turns that come as whole lines of which the attributes are asked for one by one too (0). */
  readonly verify?: number
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
  const pool = openPool(options, options.protocol === 'auto')
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
