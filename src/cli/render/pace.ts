import type { EndpointStats } from '../../adapters/inference/pool/stats.js'
import { perMillionByTime, perMillionByTokens, sumTokens, type TokenPrice } from '../../domain/cost.js'
import { annotate } from '../../stages/annotate.js'
import { thousands } from './bars.js'
import { money } from './estimate.js'
import type { LiveRow } from './live-row.js'
import { MovingRate } from './moving-rate.js'
import { duration } from './progress.js'

/** Prices of tokens, and the currency of all prices. */
export interface Prices extends TokenPrice {
  readonly currency: string
}

/**
 * Recent speed of `annotate`, its remaining time, and the cost of a million records. While it stands still, or no server
 * answers, the remaining time is reported as unknown.
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
   * The pace as text; empty before the first record.
   * @param outageMs duration of the current outage in milliseconds; null if there is none
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
    if (still !== null && left > 0) return `annotate has stood still for ${duration(still)}, time left unknown`
    const parts = [`annotate ${thousands(Math.round(rate))} records/s`]
    if (left > 0) parts.push(`${duration(left / rate)} left`)
    // Without work left, the servers' idle time must not raise the cost per record.
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
