import type { EndpointStats } from '../../adapters/inference/pool/stats.js'
import { perMillionByTime, perMillionByTokens, sumTokens, type TokenPrice } from '../../domain/cost.js'
import { annotate } from '../../stages/annotate.js'
import { thousands } from './bars.js'
import { money } from './estimate.js'
import type { LiveRow } from './live-row.js'
import { MovingRate } from './moving-rate.js'
import { duration } from './progress.js'

/** What is paid: for tokens, and in which currency these and the prices of servers are. */
export interface Prices extends TokenPrice {
  readonly currency: string
}

/**
 * How fast `annotate` is lately, when it will be done at that pace, and what a million records cost at it. While it stands
 * still, or no server answers, there is no pace that would say when it is done: then that is said.
 */
export class Pace {
  readonly #records: MovingRate
  readonly #prompt: MovingRate
  readonly #completion: MovingRate

  constructor(
    private readonly prices: Prices,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#records = new MovingRate(now())
    this.#prompt = new MovingRate(now())
    this.#completion = new MovingRate(now())
  }

  /**
   * In words; empty before the first record.
   * @param outageMs milliseconds for which no server has answered; null when there is no outage
   */
  note(rows: readonly LiveRow[], endpoints: readonly EndpointStats[], outageMs: number | null): string {
    const row = rows.find(({ stage }) => stage === annotate.name)
    const now = this.now()
    if (!row) return ''
    const tokens = sumTokens(endpoints.map(one => one.tokens))
    this.#records.at(now, row.in)
    this.#prompt.at(now, tokens.prompt)
    this.#completion.at(now, tokens.completion)
    const rate = this.#records.perSecond
    if (row.in === 0 || rate === 0) return ''
    const left = row.behind + row.inFlight
    const still = this.#records.stillFor(now) ?? (outageMs !== null ? outageMs / 1000 : null)
    if (still !== null && left > 0) return `annotate stands still for ${duration(still)}, time left not known`
    const parts = [`annotate ${thousands(Math.round(rate))} records/s`]
    if (left > 0) parts.push(`${duration(left / rate)} left`)
    // Where nothing is left to do, the servers' idle time makes no record dearer.
    const cost = this.#perMillion(rate, endpoints)
    if (left > 0 && cost !== null && cost > 0) parts.push(`${money(cost)} ${this.prices.currency} a million`)
    return parts.join(', ')
  }

  #perMillion(records: number, endpoints: readonly EndpointStats[]): number | null {
    const priced = endpoints.map(({ pricePerHour }) => pricePerHour)
    const byTime = perMillionByTime(records, 1, priced)
    const tokens = { prompt: this.#prompt.perSecond, completion: this.#completion.perSecond }
    const byTokens = perMillionByTokens(records, tokens, this.prices)
    return byTime === null ? byTokens : byTime + (byTokens ?? 0)
  }
}
