/** Running count, mean and standard deviation of numbers (Welford, 1962). */
export class Spreading {
  #count = 0
  #mean = 0
  #squares = 0

  add(value: number): void {
    const off = value - this.#mean
    this.#mean += off / ++this.#count
    this.#squares += off * (value - this.#mean)
  }

  /** Null if there are too few values: no mean of none, no deviation of fewer than two. */
  spread(): { count: number; mean: number | null; sd: number | null } {
    const count = this.#count
    return {
      count,
      mean: count > 0 ? this.#mean : null,
      sd: count > 1 ? Math.sqrt(this.#squares / (count - 1)) : null,
    }
  }
}
