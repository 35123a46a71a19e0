import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Draws of one stream: the same for the same numbers, unlike those of others. */
export interface Draws {
  /** In [0, 1). */
  uniform(): number
  /** Of the standard normal distribution (Box and Muller, 1958). */
  normal(): number
}

export function drawsOf(...stream: readonly number[]): Draws {
  const seed = stream.reduce((mixed, value) => Math.imul(mixed ^ (value + 0x9e3779b9), 0x85ebca6b) ^ (mixed >>> 13), 17)
  const generator = xoroshiro128plus(seed)
  const uniform = (): number => uniformFloat64(generator)
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  }
}
