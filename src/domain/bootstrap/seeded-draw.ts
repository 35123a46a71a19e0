import { digest } from '../digest.js'

type Ticket = readonly [id: string, rank: string]

const byRank = ([, a]: Ticket, [, b]: Ticket): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * A draw of ids by seed: those whose digests with the seed are the smallest. It is a function of seed and ids alone, in
 * whatever order and however often they came, and an id that is drawn among many is drawn among fewer: draws over almost
 * the same ids are almost the same.
 * @param most ids that may be drawn; no more than twice as many are in memory
 */
export class SeededDraw {
  #tickets = new Map<string, string>()
  /** What ranks behind this was pushed out, or would be. */
  #last: string | null = null

  constructor(
    private readonly seed: string,
    private readonly most = Infinity,
  ) {}

  offer(id: string): void {
    if (this.#tickets.has(id)) return
    const rank = digest(this.seed, id)
    if (this.#last !== null && rank > this.#last) return
    this.#tickets.set(id, rank)
    if (this.#tickets.size <= 2 * this.most) return
    const first = this.#first(this.most)
    this.#last = first.at(-1)?.[1] ?? ''
    this.#tickets = new Map(first)
  }

  /** The ids that are drawn, all where fewer were offered. */
  drawn(count = this.most): Set<string> {
    return new Set(this.#first(count).map(([id]) => id))
  }

  #first(count: number): Ticket[] {
    return [...this.#tickets].sort(byRank).slice(0, count)
  }
}
