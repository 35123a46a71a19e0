import { type EndpointStats } from '../../adapters/inference/pool/counters.js'
import { perMillionByTime, perMillionByTokens, sumTokens, type TokenPrice } from '../../domain/cost.js'
import { thousands } from './bars.js'
import { money } from './estimate.js'
import { type LiveRow } from './live.js'
import { duration } from './progress.js'

/** What is paid: for tokens, and in which currency these and the prices of servers are. */
export interface Prices extends TokenPrice {
  readonly currency: string
}

/** How fast `annotate` is since the beginning of a run, when it will be done, and what a million records cost. */
export class Pace {
  readonly #started: number

  constructor(
    private readonly prices: Prices,
    private readonly now: () => number = Date.now,
  ) {
    this.#started = now()
  }

  /** In words; empty before the first record. */
  note(rows: readonly LiveRow[], endpoints: readonly EndpointStats[]): string {
    const row = rows.find(({ node }) => node === 'annotate')
    const seconds = (this.now() - this.#started) / 1000
    if (!row || row.in === 0 || seconds === 0) return ''
    const rate = row.in / seconds
    const left = row.behind + row.inFlight
    const parts = [`annotate ${thousands(Math.round(rate))} records/s`]
    if (left > 0) parts.push(`${duration(left / rate)} left`)
    const cost = this.#perMillion(row.in, seconds, endpoints)
    if (cost !== null && cost > 0) parts.push(`${money(cost)} ${this.prices.currency} a million`)
    return parts.join(', ')
  }

  #perMillion(records: number, seconds: number, endpoints: readonly EndpointStats[]): number | null {
    const priced = endpoints.map(({ pricePerHour }) => pricePerHour)
    const byTime = perMillionByTime(records, seconds, priced)
    const tokens = sumTokens(endpoints.map(one => one.tokens))
    const byTokens = perMillionByTokens(records, tokens, this.prices)
    return byTime === null ? byTokens : byTime + (byTokens ?? 0)
  }
}
