/** A list with its sort order, so that its ranks under many weightings are cheap. */
export interface Ordered {
  readonly values: ArrayLike<number>
  /** Positions in ascending order of value. */
  readonly order: Uint32Array
}

export const ordered = (values: ArrayLike<number>): Ordered => ({
  values,
  order: Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b),
})

/** The rank of each value when value `i` occurs `weights[i]` times; equal values share their middle rank. */
export function weightedRanks({ values, order }: Ordered, weights: Float64Array): Float64Array {
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

/** Pearson's correlation under weights; null if one side is constant. */
export function weightedCorrelation(a: Float64Array, b: Float64Array, weights: Float64Array): number | null {
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

/** Spearman's rank correlation, ties by their middle rank; null if one side is constant. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const ones = new Float64Array(a.length).fill(1)
  return weightedCorrelation(weightedRanks(ordered(a), ones), weightedRanks(ordered(b), ones), ones)
}
