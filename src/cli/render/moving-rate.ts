/** Seconds in which the weight of what happened falls to a third: of what is older than a minute, a twentieth is left. */
const fadeSeconds = 20

/** Seconds without any movement after which it stands still, however fast it was. */
const stillSeconds = 10

/** Movements that would have been due meanwhile, of a work whose single units take long. */
const missedMoves = 3

/** Latest times between two movements; of an odd number the middle one is no outage's. */
const gapsKept = 5

/**
 * How fast a total grows lately: a mean over about a minute in which the latest seconds weigh most. Of the first seconds it
 * is the mean since the start.
 */
export class MovingRate {
  #at: number
  #total = 0
  #grown = 0
  #seconds = 0
  #movedAt: number
  readonly #gaps: number[] = []

  /** @param at milliseconds of any clock that only grows, as in all other methods */
  constructor(at: number) {
    this.#at = this.#movedAt = at
  }

  /** The total at a time. One that fell, since a part of it went away, is no movement. */
  at(at: number, total: number): void {
    const grown = Math.max(0, total - this.#total)
    const seconds = (at - this.#at) / 1000
    // Two looks at the same time are one: what grew between them is counted with the next second.
    if (seconds <= 0) return
    const kept = Math.exp(-seconds / fadeSeconds)
    // Of the weights of all moments between two looks, each of which has an equal share of what grew.
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

  /** Units a second; 0 before the first. */
  get perSecond(): number {
    return this.#seconds === 0 ? 0 : this.#grown / this.#seconds
  }

  /** Seconds for which nothing moves; null while it moves as fast as it did. Before the first unit nothing is late. */
  stillFor(at: number): number | null {
    const usual = this.#gaps.toSorted((a, b) => a - b)[this.#gaps.length >> 1]
    if (usual === undefined) return null
    const seconds = (at - this.#movedAt) / 1000
    return seconds >= Math.max(stillSeconds, missedMoves * usual) ? seconds : null
  }
}
