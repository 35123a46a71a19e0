import { Spreading } from './spreading.js'

/** A mean of paired differences with its interval. */
export interface Difference {
  readonly pairs: number
  /** Null if there are no pairs. */
  readonly mean: number | null
  /** Null, like `high`, if there are fewer than two pairs. */
  readonly low: number | null
  readonly high: number | null
}

/**
 * The mean of paired differences, with Student's interval: mean ± t · sd / √pairs. The pairs (prompts) are the sampling
 * units, so that similarity among the answers to one prompt does not make the interval too narrow (Miller, Adding error
 * bars to evals, 2024).
 * @param confidence level of the interval, e.g. 0.95
 */
export async function pairedDifference(differences: Iterable<number>, confidence: number): Promise<Difference> {
  const { compiled, stdtri } = await import('cephes')
  await compiled
  const seen = new Spreading()
  for (const difference of differences) seen.add(difference)
  const { count: pairs, mean, sd } = seen.spread()
  if (mean === null || sd === null) return { pairs, mean, low: null, high: null }
  const half = (stdtri(pairs - 1, (1 + confidence) / 2) * sd) / Math.sqrt(pairs)
  return { pairs, mean, low: mean - half, high: mean + half }
}
