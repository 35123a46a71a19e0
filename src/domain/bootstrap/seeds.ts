import { digest } from '../digest.js'

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
