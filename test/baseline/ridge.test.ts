import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ridge } from '../../src/baseline/ridge.js'
import { stackRows } from '../../src/baseline/sparse.js'

const exact = { penalty: 0.5, steps: 500, tolerance: 1e-12 }

/** Solves Ax = b by elimination. */
function solve(a: number[][], b: number[]): number[] {
  const n = b.length
  const rows = a.map((row, i) => [...row, b[i]!])
  for (let k = 0; k < n; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? k + i : best), k)
    ;[rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!]
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!
    }
  }
  const x = Array<number>(n).fill(0)
  for (let k = n - 1; k >= 0; k--) {
    const known = x.reduce((sum, value, j) => sum + (j > k ? rows[k]![j]! * value : 0), 0)
    x[k] = (rows[k]![n]! - known) / rows[k]![k]!
  }
  return x
}

const number = fc.integer({ min: -8, max: 8 })

describe('ridge regression', () => {
  it('solves the normal equations', () => {
    const problem = fc.integer({ min: 1, max: 5 }).chain(width =>
      fc.array(fc.tuple(fc.array(number, { minLength: width, maxLength: width }), number), {
        minLength: 1,
        maxLength: 12,
      }),
    )
    fc.assert(
      fc.property(problem, examples => {
        const width = examples[0]![0].length
        const rows = stackRows(
          examples.map(([values]) => ({ columns: [...values.keys()], values })),
          width,
        )
        const target = Float64Array.from(examples, ([, y]) => y)
        const fit = ridge(rows, Uint32Array.from(examples.keys()), target, exact)
        const normal = Array.from({ length: width }, (_, i) =>
          Array.from({ length: width }, (_, j) =>
            examples.reduce((sum, [x]) => sum + x[i]! * x[j]!, i === j ? exact.penalty : 0),
          ),
        )
        const right = Array.from({ length: width }, (_, i) =>
          examples.reduce((sum, [x, y]) => sum + x[i]! * (y - fit.mean), 0),
        )
        solve(normal, right).forEach((weight, k) => expect(fit.weights[k]).toBeCloseTo(weight, 6))
      }),
    )
  })

  it('learns from the chosen rows only', () => {
    const rows = stackRows(
      [
        { columns: [0], values: [1] },
        { columns: [0], values: [1000] },
        { columns: [1], values: [1] },
      ],
      2,
    )
    const { weights } = ridge(rows, Uint32Array.of(0, 2), Float64Array.of(1, -1), exact)
    expect([...weights]).toEqual([expect.closeTo(1 / 1.5, 9), expect.closeTo(-1 / 1.5, 9)])
  })

  it('is the mean where nothing is chosen or nothing varies', () => {
    const rows = stackRows([{ columns: [0], values: [1] }], 1)
    expect(ridge(rows, new Uint32Array(0), new Float64Array(0), exact)).toEqual({
      mean: 0,
      weights: Float64Array.of(0),
    })
    expect(ridge(rows, Uint32Array.of(0), Float64Array.of(3), exact)).toEqual({ mean: 3, weights: Float64Array.of(0) })
  })
})
