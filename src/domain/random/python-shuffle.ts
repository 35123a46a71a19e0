const words = 624
const middle = 397

/**
 * The Mersenne Twister MT19937, seeded with an array of 32-bit words (`init_by_array` of Matsumoto and Nishimura,
 * mt19937ar). Python's `random` is built on it.
 */
export class MersenneTwister {
  private readonly state = new Uint32Array(words)
  private next = words

  constructor(key: readonly number[]) {
    const { state } = this
    state[0] = 19650218
    for (let i = 1; i < words; i++) state[i] = Math.imul(1812433253, mixed(state[i - 1]!)) + i
    let i = 1
    let j = 0
    const step = () => {
      i += 1
      if (i < words) return
      state[0] = state[words - 1]!
      i = 1
    }
    for (let k = Math.max(words, key.length); k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(mixed(state[i - 1]!), 1664525)) + key[j]! + j
      step()
      j = (j + 1) % key.length
    }
    for (let k = words - 1; k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(mixed(state[i - 1]!), 1566083941)) - i
      step()
    }
    state[0] = 0x80000000
  }

  /** The next 32 random bits, from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.next === words) this.twist()
    let y = this.state[this.next++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }

  private twist(): void {
    const { state } = this
    for (let i = 0; i < words; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % words]! & 0x7fffffff)
      state[i] = state[(i + middle) % words]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
    }
    this.next = 0
  }
}

const mixed = (word: number): number => word ^ (word >>> 30)

/**
 * The order into which Python's `random.seed(seed); random.shuffle(list)` brings a list of `length` items: item `order[i]`
 * moves to position i (docs/reference/original-scripts.md#shuffle).
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

/** A random integer from 0 to `limit` - 1: as many bits as the limit has, drawn again while they are too large. */
function below(random: MersenneTwister, limit: number): number {
  const drop = Math.clz32(limit)
  for (;;) {
    const drawn = random.uint32() >>> drop
    if (drawn < limit) return drawn
  }
}
