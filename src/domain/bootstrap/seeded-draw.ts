import { digest } from '../digest.js'

interface Ticket {
  readonly rank: string
  readonly id: string
}

const byRank = (a: Ticket, b: Ticket): number => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0)

/**
 * A draw of ids by seed: those whose digests with the seed are the smallest. It is a function of seed and ids alone, in
 * whatever order they came, and an id that is drawn among many is drawn among fewer. Ids are offered once each.
 * @param most ids that may be drawn; no more than twice as many are in memory
 */
export class SeededDraw {
  #tickets: Ticket[] = []

  constructor(
    private readonly seed: string,
    private readonly most = Infinity,
  ) {}

  offer(id: string): void {
    this.#tickets.push({ rank: digest(this.seed, id), id })
    if (this.#tickets.length > 2 * this.most) this.#tickets = this.#first(this.most)
  }

  /** The ids that are drawn, all where fewer were offered. */
  drawn(count = this.most): ReadonlySet<string> {
    return new Set(this.#first(count).map(({ id }) => id))
  }

  #first(count: number): Ticket[] {
    return this.#tickets.toSorted(byRank).slice(0, count)
  }
}
