import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type Draw, seedOf } from './seeds.js'

/** The attribute line that is asked for of a prompt: uniform over the distinct lines (SteerLM paper, step 4a). */
export function drawLabel(labels: readonly string[], { seed, round, promptId }: Draw): string {
  const random = xoroshiro128plus(seedOf('label', String(seed), round, promptId))
  return labels[uniformInt(random, 0, labels.length - 1)]!
}
