/** Share of the highest values that are left out, at least one: an answer that hung for a while says nothing of the rest. */
const outliers = 0.1

/** Mean of a series without its outliers, and how far it can be trusted. */
export class Reading {
  readonly #values: number[] = []

  get count(): number {
    return this.#values.length
  }

  add(value: number): void {
    this.#values.push(value)
  }

  /** The mean, and its standard error as a share of it. Of at least two values. */
  result(): { readonly mean: number; readonly error: number } {
    const sorted = this.#values.toSorted((a, b) => a - b)
    const kept = sorted.slice(0, sorted.length - Math.ceil(outliers * sorted.length))
    const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length
    const squares = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return { mean, error: Math.sqrt(squares / (kept.length - 1) / kept.length) / mean }
  }
}
