import type { Figure } from './figure.js'
import { limited } from './fleet/limited.js'
import type { Settings } from './settings.js'
import { tiny } from './sizes.js'
import { step } from './steps.js'

/** One part of a benchmark, by which it can be asked for with `--only`. */
export type Part = (settings: Settings) => Promise<Figure[]>

/** A benchmark: a file of this folder of its name exports these. */
export interface Benchmark {
  /** What it shows, in a sentence. */
  readonly about: string
  readonly parts: Readonly<Record<string, Part>>
}

/** What became of a part. */
export interface Outcome {
  readonly part: string
  readonly figures: readonly Figure[]
  /** Why it ended without figures, or null. */
  readonly failed: string | null
}

/** Longest that a part may take, in milliseconds: hours are for `--long`. A tiny one takes seconds when nothing hangs. */
const limitOf = ({ long }: Settings): number => (tiny ? 9 : long ? 180 : 30) * 60_000

/** Parts that are asked for and that the benchmark has not. */
export const unknownParts = ({ parts }: Benchmark, { only }: Settings): readonly string[] =>
  (only ?? []).filter(name => !Object.hasOwn(parts, name))

/**
 * Measures the parts that are asked for, one after another; one that fails or takes too long does not keep the others from
 * being measured.
 */
export async function* measured({ parts }: Benchmark, settings: Settings): AsyncIterable<Outcome> {
  for (const part of settings.only ?? Object.keys(parts)) {
    process.stderr.write(`  ${part} …\n`)
    step('its start')
    try {
      yield { part, figures: await limited(part, parts[part]!, limitOf(settings))(settings), failed: null }
    } catch (error) {
      yield { part, figures: [], failed: error instanceof Error ? error.message : String(error) }
    }
  }
}
