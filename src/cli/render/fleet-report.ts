import { costOfTokens, sumTokens, type TokenPrice } from '../../domain/cost.js'
import type { FleetReport } from '../../adapters/inference/fleet-file.js'
import type { FleetStats } from '../../adapters/inference/pool/stats.js'
import type { Screen } from '../command.js'
import { table, thousands } from './bars.js'
import { money } from './estimate.js'

const ms = (value: number | undefined): string => (value === undefined ? '–' : `${thousands(Math.round(value))}`)

/** One row per endpoint: its state and its figures. */
export function fleetRows({ endpoints }: Pick<FleetReport, 'endpoints'>): string[] {
  const header = [
    'endpoint',
    'model',
    'state',
    'asked by',
    'in flight',
    'batch',
    'answered',
    '/s',
    'p50 ms',
    'p99 ms',
    'errors',
  ]
  const rows = endpoints.map(one => [
    one.url,
    one.model ?? '–',
    one.state,
    one.by ?? '–',
    `${one.inFlight}/${one.limit}`,
    String(one.batch),
    thousands(one.answered),
    one.perSecond.toFixed(1),
    ms(one.latencyMs?.p50),
    ms(one.latencyMs?.p99),
    Object.entries(one.errors)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ') || '0',
  ])
  return table([header, ...rows], [0, 1, 2, 3, 10])
}

/** Final messages of `annotate`: differences found by --verify, and the cost of the tokens if prices are known. */
export function reportFleet(screen: Screen, stats: FleetStats, price: TokenPrice | undefined): void {
  const { verified } = stats
  if (verified) {
    const by = Object.entries(verified.byAttribute).map(([key, count]) => `${key} ${count}`)
    screen.err(
      `verified ${thousands(verified.turns)} turns attribute by attribute: ${thousands(verified.differing)} differ`,
    )
    screen.err(by.length > 0 ? ` (${by.join(', ')})\n` : '\n')
  }
  const tokens = sumTokens(stats.endpoints.map(one => one.tokens))
  if (price && tokens.prompt > 0) {
    screen.err(
      `${thousands(tokens.prompt)} prompt tokens, ${thousands(tokens.completion)} completion tokens: ${money(costOfTokens(tokens, price))}\n`,
    )
  }
}
