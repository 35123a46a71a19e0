import { seededRandom } from './random.js'

/** A list sorted once, so that its ranks under many weightings are cheap. */
interface Ordered {
  readonly values: readonly number[]
  /** Positions in ascending order of value. */
  readonly order: Uint32Array
}

const ordered = (values: readonly number[]): Ordered => ({
  values,
  order: Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b),
})

/** The rank of each value when value `i` occurs `weights[i]` times; equal values share their middle rank. */
function weightedRanks({ values, order }: Ordered, weights: Float64Array): Float64Array {
  const ranks = new Float64Array(values.length)
  let before = 0
  for (let from = 0, to = 0; from < order.length; from = to) {
    let tied = 0
    for (to = from; to < order.length && values[order[to]!] === values[order[from]!]; to++) tied += weights[order[to]!]!
    for (let at = from; at < to; at++) ranks[order[at]!] = before + tied / 2
    before += tied
  }
  return ranks
}

/** Pearson's correlation under weights, null where one side does not vary. */
function weightedCorrelation(a: Float64Array, b: Float64Array, weights: Float64Array): number | null {
  let total = 0
  let meanA = 0
  let meanB = 0
  for (let i = 0; i < a.length; i++) {
    total += weights[i]!
    meanA += weights[i]! * a[i]!
    meanB += weights[i]! * b[i]!
  }
  meanA /= total
  meanB /= total
  let both = 0
  let squareA = 0
  let squareB = 0
  for (let i = 0; i < a.length; i++) {
    both += weights[i]! * (a[i]! - meanA) * (b[i]! - meanB)
    squareA += weights[i]! * (a[i]! - meanA) ** 2
    squareB += weights[i]! * (b[i]! - meanB) ** 2
  }
  return squareA > 0 && squareB > 0 ? both / Math.sqrt(squareA * squareB) : null
}

/** Spearman's rank correlation, ties by their middle rank; null where one side does not vary. */
export function spearman(a: readonly number[], b: readonly number[]): number | null {
  const ones = new Float64Array(a.length).fill(1)
  return weightedCorrelation(weightedRanks(ordered(a), ones), weightedRanks(ordered(b), ones), ones)
}

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
