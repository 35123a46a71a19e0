/**
 * Proofs by repetition: kills, long fuzz, whole corpora. `npm run test:full` runs them all, for nights and releases; every
 * other run takes fewer of them, and a seed says which. `npm test` draws a new seed and prints it.
 */
const isFull = process.env.STEERFLOW_TEST_FULL === '1'

const seed = Number(process.env.STEERFLOW_TEST_SEED ?? 1)

/** How often something is repeated: in full, or `brief`. */
export const repeats = (full: number, brief: number): number => (isFull ? full : brief)

/** All cases in full; else `brief` of them, evenly spread, beginning where the seed says. Keeps their order. */
export function cases<T>(all: readonly T[], brief: number): readonly T[] {
  if (isFull || brief >= all.length) return all
  const kept = new Set(
    Array.from({ length: brief }, (_, at) => Math.floor((seed + (at * all.length) / brief) % all.length)),
  )
  return all.filter((_, at) => kept.has(at))
}

/** The numbers of `count` tries: a run with another seed goes on where this one ends. */
export const tries = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => (isFull ? at : seed * count + at))
