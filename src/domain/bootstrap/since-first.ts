import { type Round } from './round.js'
import { type PairedDifference, type RoundSummary } from './summary.js'

/** A mean of differences with its interval. */
export interface Movement {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/**
 * How far a figure has moved since the first round of the chain of comparisons that ends with this one: the sum of the
 * differences. Drift that stays below a bound from each round to the next would otherwise pass it unseen. Half the width of
 * the interval is the root of the sum of squares, as of independent differences: wider than need be, since neighbours share
 * a round with opposite signs. Null when a difference is not known.
 */
export function sinceFirst(
  summary: RoundSummary,
  earlier: readonly { readonly round: Round; readonly summary: RoundSummary }[],
  figure: 'chars' | 'unique_words',
): Movement | null {
  const differences: PairedDifference[] = []
  for (let against = summary.against_before; against !== null;) {
    differences.push(against[figure])
    const { round } = against
    against = earlier.find(one => one.round.round === round)?.summary.against_before ?? null
  }
  let [sum, squares] = [0, 0]
  for (const { mean, low, high } of differences) {
    if (mean === null || low === null || high === null) return null
    sum += mean
    squares += ((high - low) / 2) ** 2
  }
  return { mean: sum, low: sum - Math.sqrt(squares), high: sum + Math.sqrt(squares) }
}
