import type { SparseRows } from './sparse.js'

export interface RidgeOptions {
  /** How strongly weights are pulled towards zero. */
  readonly penalty: number
  /** Maximum number of steps of the solver. */
  readonly steps: number
  /** The solver ends when the residual has shrunk to this fraction of its initial value. */
  readonly tolerance: number
}

/** A linear prediction: the mean of the target, and a weight for each column. */
export interface LinearFit {
  readonly mean: number
  readonly weights: Float64Array
}

/**
 * Ridge regression of a target on some of the rows: the weights w that minimise |Xw − (y − mean)|² + penalty·|w|², by
 * conjugate gradients on the normal equations, preconditioned by their diagonal. Rows without the target are not in
 * `chosen`, so that every target may lack different ones. Deterministic: sums are taken in the order of `chosen`.
 * @param chosen the rows to learn from; `target[n]` belongs to row `chosen[n]`.
 */
export function ridge(
  rows: SparseRows,
  chosen: Uint32Array,
  target: Float64Array,
  { penalty, steps, tolerance }: RidgeOptions,
): LinearFit {
  const { starts, columns, values, width } = rows
  const mean = chosen.length === 0 ? 0 : target.reduce((sum, value) => sum + value, 0) / chosen.length
  const weights = new Float64Array(width)
  const diagonal = new Float64Array(width).fill(penalty)
  const residual = new Float64Array(width)
  for (let n = 0; n < chosen.length; n++) {
    const row = chosen[n]!
    const wanted = target[n]! - mean
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const value = values[e]!
      residual[columns[e]!]! += value * wanted
      diagonal[columns[e]!]! += value * value
    }
  }

  const direction = new Float64Array(width)
  const image = new Float64Array(width)
  let size = 0
  for (let k = 0; k < width; k++) {
    direction[k] = residual[k]! / diagonal[k]!
    size += residual[k]! * direction[k]!
  }
  const enough = size * tolerance ** 2
  for (let taken = 0; taken < steps && size > enough; taken++) {
    // image = (XᵀX + penalty) direction, row by row: both passes over a row find it in the cache.
    for (let k = 0; k < width; k++) image[k] = penalty * direction[k]!
    for (let n = 0; n < chosen.length; n++) {
      const first = starts[chosen[n]!]!
      const end = starts[chosen[n]! + 1]!
      let along = 0
      for (let e = first; e < end; e++) along += values[e]! * direction[columns[e]!]!
      for (let e = first; e < end; e++) image[columns[e]!]! += values[e]! * along
    }
    let curvature = 0
    for (let k = 0; k < width; k++) curvature += direction[k]! * image[k]!
    const stride = size / curvature
    let next = 0
    for (let k = 0; k < width; k++) {
      weights[k]! += stride * direction[k]!
      residual[k]! -= stride * image[k]!
      next += residual[k]! ** 2 / diagonal[k]!
    }
    const keep = next / size
    for (let k = 0; k < width; k++) direction[k] = residual[k]! / diagonal[k]! + keep * direction[k]!
    size = next
  }
  return { mean, weights }
}
