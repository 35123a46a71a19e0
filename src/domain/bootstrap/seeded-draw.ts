import { digest } from '../digest.js'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** What a draw of a round is told apart by. */
export interface Draw {
  /** The plan's seed. */
  readonly seed: number
  readonly round: string
  readonly promptId: string
}

/** The first 31 bits of a digest: what every inference server takes as a seed (some read it as a signed 32-bit number). */
export const seedOf = (...parts: readonly string[]): number => parseInt(digest(...parts).slice(0, 8), 16) >>> 1

/** The seed of the draw of sample `index` of a prompt: a function of these alone, so that a repeated draw is the same draw. */
export const sampleSeed = ({ seed, round, promptId }: Draw, index: number): number =>
  seedOf('sample', String(seed), round, promptId, String(index))

/** The attribute line that is asked for of a prompt: uniform over the distinct lines (SteerLM paper, step 4a). */
export function drawLabel(labels: readonly string[], { seed, round, promptId }: Draw): string {
  const random = xoroshiro128plus(seedOf('label', String(seed), round, promptId))
  return labels[uniformInt(random, 0, labels.length - 1)]!
}

/** Quotients that should be whole may lie a rounding error below. */
const slack = 1e-9

/** Most negatives beside so many accepted answers, if they may be `share` of both together. */
export const mostNegatives = (accepted: number, share: number): number =>
  Math.floor((accepted * share) / (1 - share) + slack)

/** How many records are replayed beside so many answers, so that they are `share` of both together, to the nearest. */
export const replayedBeside = (answers: number, share: number): number => Math.round((answers * share) / (1 - share))

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
