import { digest } from '../digest.js'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Identifies the draws of a prompt in a round. */
export interface Draw {
  /** The plan's seed. */
  readonly seed: number
  readonly round: string
  readonly promptId: string
}

/** The first 31 bits of a digest: a seed that every inference server accepts (some read a signed 32-bit number). */
export const seedOf = (...parts: readonly string[]): number => parseInt(digest(...parts).slice(0, 8), 16) >>> 1

/** The seed for sample `index` of a prompt: a function of these values alone, so that a repeated draw is the same draw. */
export const sampleSeed = ({ seed, round, promptId }: Draw, index: number): number =>
  seedOf('sample', String(seed), round, promptId, String(index))

/** The attribute line to request for a prompt: uniform over the distinct lines (SteerLM paper, step 4a). */
export function drawLabel(labels: readonly string[], { seed, round, promptId }: Draw): string {
  const random = xoroshiro128plus(seedOf('label', String(seed), round, promptId))
  return labels[uniformInt(random, 0, labels.length - 1)]!
}

/** A quotient that should be whole may be too low by a rounding error. */
const slack = 1e-9

/** Maximum number of negatives beside these accepted answers, if they may be `share` of both together. */
export const mostNegatives = (accepted: number, share: number): number =>
  Math.floor((accepted * share) / (1 - share) + slack)

/** Number of records to replay beside these answers, so that they are `share` of both together, to the nearest. */
export const replayedBeside = (answers: number, share: number): number => Math.round((answers * share) / (1 - share))

type Ticket = readonly [id: string, rank: string]

const byRank = ([, a]: Ticket, [, b]: Ticket): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Draws ids by a seed: those whose digests with the seed are the smallest. The draw is a function of seed and ids alone, in
 * whatever order and however often they came. An id that is drawn from many ids is also drawn from a part of them, so that
 * draws from almost the same ids are almost the same.
 * @param most maximum number of ids to draw; up to twice as many are in memory
 */
export class SeededDraw {
  #tickets = new Map<string, string>()
  /** The rank after which ids were pushed out, or would be. */
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

  /** The ids that are drawn; all of them if fewer were offered. */
  drawn(count = this.most): Set<string> {
    return new Set(this.#first(count).map(([id]) => id))
  }

  #first(count: number): Ticket[] {
    return [...this.#tickets].sort(byRank).slice(0, count)
  }
}
