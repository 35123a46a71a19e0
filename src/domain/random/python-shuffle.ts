import { MersenneTwister } from './mersenne-twister.js'

/**
 * The order into which Python's `random.seed(seed); random.shuffle(list)` brings a list of `length` things: at place i
 * of the result stands the thing that was at `order[i]` (steerlm-scripts §1).
 */
export function pythonShuffle(length: number, seed: bigint): Uint32Array {
  const random = new MersenneTwister(seedWords(seed))
  const order = Uint32Array.from({ length }, (_, index) => index)
  for (let i = length - 1; i > 0; i--) {
    const j = below(random, i + 1)
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}

/** The magnitude of a seed in 32-bit words, the lowest first. */
function seedWords(seed: bigint): number[] {
  const words: number[] = []
  for (let rest = seed < 0n ? -seed : seed; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffffffffn))
  return words.length ? words : [0]
}

/** A random integer from 0 to `limit` - 1, by as many bits as the limit has, drawn again while they are too large. */
function below(random: MersenneTwister, limit: number): number {
  const drop = Math.clz32(limit)
  for (;;) {
    const drawn = random.uint32() >>> drop
    if (drawn < limit) return drawn
  }
}
