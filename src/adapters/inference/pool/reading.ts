/** Mean of a series, and how far it can be trusted (Welford). */
export class Reading {
  count = 0
  mean = 0
  #squares = 0

  add(value: number): void {
    this.count++
    const before = value - this.mean
    this.mean += before / this.count
    this.#squares += before * (value - this.mean)
  }

  /** Standard error of the mean, as a share of it. */
  get error(): number {
    if (this.count < 2) return Infinity
    return Math.sqrt(this.#squares / (this.count - 1) / this.count) / this.mean
  }
}
