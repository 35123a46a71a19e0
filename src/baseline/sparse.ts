/** Sparse rows, one after another: row `i` is entries `starts[i]` to `starts[i + 1]`. */
export interface SparseRows {
  /** One more entry than there are rows. */
  readonly starts: Uint32Array
  readonly columns: Uint32Array
  readonly values: Float64Array
  /** The number of columns of a row, zeros included. */
  readonly width: number
}

/** One row: its columns without repetition, and their values. */
export interface SparseRow {
  readonly columns: readonly number[]
  readonly values: readonly number[]
}

/** Stores rows one after another. */
export function stackRows(rows: readonly SparseRow[], width: number): SparseRows {
  const entries = rows.reduce((sum, row) => sum + row.columns.length, 0)
  const stacked = {
    starts: new Uint32Array(rows.length + 1),
    columns: new Uint32Array(entries),
    values: new Float64Array(entries),
    width,
  }
  let at = 0
  rows.forEach((row, i) => {
    stacked.columns.set(row.columns, at)
    stacked.values.set(row.values, at)
    at += row.columns.length
    stacked.starts[i + 1] = at
  })
  return stacked
}
