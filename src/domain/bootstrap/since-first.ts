import { type Round } from './round.js'
import { type RoundSummary } from './summary.js'

/** A round with what it came to. */
export interface MeasuredRound {
  readonly round: Round
  readonly summary: RoundSummary
}

/** A mean of differences with its interval. */
export interface Movement {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** The chain of comparisons that ends with a round: the round itself, the one it is compared with, and so on. */
export function comparedBack(last: MeasuredRound, earlier: readonly MeasuredRound[]): readonly MeasuredRound[] {
  const chain = [last]
  for (let next: MeasuredRound | undefined = last; next;) {
    const against: string | undefined = next.summary.against_before?.round
    next = earlier.find(({ round }) => round.round === against && !chain.some(one => one.round.round === against))
    if (next) chain.push(next)
  }
  return chain
}

/**
 * How far a figure has moved since the first round of a chain of comparisons: the sum of the differences. Drift that stays
 * below a bound from each round to the next would otherwise pass it unseen. Half the width of the interval is the root of
 * the sum of squares, as of independent differences: wider than need be, since neighbours share a round with opposite
 * signs. Null when a difference is not known.
 */
export function sinceFirst(chain: readonly MeasuredRound[], figure: 'chars' | 'unique_words'): Movement | null {
  let [sum, squares] = [0, 0]
  for (const { summary } of chain) {
    if (summary.against_before === null) continue
    const { mean, low, high } = summary.against_before[figure]
    if (mean === null || low === null || high === null) return null
    sum += mean
    squares += ((high - low) / 2) ** 2
  }
  return { mean: sum, low: sum - Math.sqrt(squares), high: sum + Math.sqrt(squares) }
}
