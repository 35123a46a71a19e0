import { ordered, weightedCorrelation, weightedRanks } from '../domain/statistics/rank-correlation.js'
import { seededRandom } from './random.js'

export interface Interval {
  readonly low: number
  readonly high: number
}

/** Resamplings of an interval. */
const resamplings = 500

/**
 * The 95 % interval of Spearman's correlation when whole clusters are drawn again with replacement: values of one cluster
 * (the turns of a tree) are alike, so that drawing single values would make it too narrow. Null where fewer than two
 * clusters are given or the correlation is undefined in most draws.
 * @param clusters which cluster, from 0, each value belongs to.
 */
export function spearmanInterval(
  a: readonly number[],
  b: readonly number[],
  clusters: readonly number[],
  seed: number,
): Interval | null {
  const random = seededRandom(seed)
  const count = new Set(clusters).size
  if (count < 2) return null
  const [left, right] = [ordered(a), ordered(b)]
  const drawn = new Float64Array(count)
  const weights = new Float64Array(a.length)
  const found: number[] = []
  for (let draw = 0; draw < resamplings; draw++) {
    drawn.fill(0)
    for (let i = 0; i < count; i++) drawn[Math.floor(random() * count)]!++
    clusters.forEach((cluster, i) => (weights[i] = drawn[cluster]!))
    const correlation = weightedCorrelation(weightedRanks(left, weights), weightedRanks(right, weights), weights)
    if (correlation !== null) found.push(correlation)
  }
  if (found.length < resamplings / 2) return null
  found.sort((x, y) => x - y)
  const quantile = (share: number): number => found[Math.round(share * (found.length - 1))]!
  return { low: quantile(0.025), high: quantile(0.975) }
}
