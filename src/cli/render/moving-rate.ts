/** Decay time in seconds: the weight of an observation falls to about a third in it, and to a twentieth in a minute. */
const fadeSeconds = 20

/** Shortest time without progress, in seconds, that counts as standing still. */
const stillSeconds = 10

/** Missed steps that count as standing still, for work whose single units take long. */
const missedMoves = 3

/** Number of recent gaps between steps to keep; the median of an odd number is not affected by a single outage. */
const gapsKept = 5

/**
 * Recent growth rate of a total: a mean over about a minute, weighted towards the latest seconds. At first, the mean since
 * the start.
 */
export class MovingRate {
  #at: number
  #total = 0
  #grown = 0
  #seconds = 0
  #movedAt: number
  readonly #gaps: number[] = []

  /** @param at milliseconds of any monotonic clock, as in all other methods */
  constructor(at: number) {
    this.#at = this.#movedAt = at
  }

  /** Records the total at a time. A total that fell because a part went away counts as no growth. */
  at(at: number, total: number): void {
    const grown = Math.max(0, total - this.#total)
    const seconds = (at - this.#at) / 1000
    // With no time between two samples, the growth counts at the next one.
    if (seconds <= 0) return
    const kept = Math.exp(-seconds / fadeSeconds)
    // The integral of the weights between two samples; growth is spread evenly over them.
    const weight = fadeSeconds * (1 - kept)
    this.#grown = this.#grown * kept + (grown / seconds) * weight
    this.#seconds = this.#seconds * kept + weight
    this.#at = at
    this.#total = total
    if (grown === 0) return
    this.#gaps.push((at - this.#movedAt) / 1000)
    if (this.#gaps.length > gapsKept) this.#gaps.shift()
    this.#movedAt = at
  }

  /** Units per second; 0 before the first sample. */
  get perSecond(): number {
    return this.#seconds === 0 ? 0 : this.#grown / this.#seconds
  }

  /** Seconds since the last growth if it is overdue; otherwise null. Before the first unit, nothing is overdue. */
  stillFor(at: number): number | null {
    const usual = this.#gaps.toSorted((a, b) => a - b)[this.#gaps.length >> 1]
    if (usual === undefined) return null
    const seconds = (at - this.#movedAt) / 1000
    return seconds >= Math.max(stillSeconds, missedMoves * usual) ? seconds : null
  }
}
