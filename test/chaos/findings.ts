import type { Verdict } from '../support/checker.js'

/** Something that was done to the system, with what shows that it hit what it was meant to hit. */
export interface Fault {
  readonly kind: string
  /** Seconds since the run began. */
  readonly at: number
  readonly [shown: string]: unknown
}

/** A promise with a figure. */
export interface Bound {
  readonly name: string
  readonly limit: number
  readonly value: number
  readonly met: boolean
}

export interface Recovery {
  readonly median: number
  readonly worst: number
  readonly samples: number
}

/** What a run prints. */
export interface Result extends Verdict {
  readonly scenario: string
  readonly seconds: number
  readonly recoverySeconds: Recovery | null
  /** The same until the last partition had its new owner; the rest is the first call of each, and its commit. */
  readonly takenOverSeconds: Recovery | null
  readonly repeatedCalls: { readonly number: number; readonly share: number } | null
  readonly faults: readonly Fault[]
  readonly bounds: readonly Bound[]
  /** What would have needed a hand. */
  readonly hands: readonly string[]
  readonly passed: boolean
}

/** Gathers what a run finds. */
export class Findings {
  readonly faults: Fault[] = []
  readonly bounds: Bound[] = []
  readonly hands: string[] = []
  readonly #seconds: number[] = []
  readonly #taken: number[] = []
  readonly #began = performance.now()

  constructor(private readonly say: (line: string) => void) {}

  get seconds(): number {
    return round((performance.now() - this.#began) / 1000)
  }

  fault(kind: string, shown: Readonly<Record<string, unknown>> = {}): void {
    this.faults.push({ kind, at: this.seconds, ...shown })
    this.say(`${kind} ${JSON.stringify(shown)}`)
  }

  /** Records how long it took until everything went on: the last partition, the first one, and the last take-over. */
  recovered({ allMs, firstMs, takenMs }: Readonly<Record<'allMs' | 'firstMs' | 'takenMs', number>>): void {
    const [all, first, taken] = [allMs, firstMs, takenMs].map(ms => round(ms / 1000))
    this.#seconds.push(all!)
    if (takenMs > 0) this.#taken.push(taken!)
    this.say(`all produce again after ${all} s, the first after ${first} s; all taken over after ${taken} s`)
  }

  atMost(name: string, value: number, limit: number): void {
    this.bounds.push({ name, limit, value, met: value <= limit })
  }

  /** The recoveries are to be within these bounds. */
  recoveryAtMost(median: number, worst: number): void {
    const recovery = this.recovery()
    this.atMost('median seconds until all produce again', recovery?.median ?? Infinity, median)
    this.atMost('worst seconds until all produce again', recovery?.worst ?? Infinity, worst)
  }

  recovery(): Recovery | null {
    return spread(this.#seconds)
  }

  takenOver(): Recovery | null {
    return spread(this.#taken)
  }
}

function spread(seconds: readonly number[]): Recovery | null {
  if (seconds.length === 0) return null
  const sorted = [...seconds].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!]
  return { median: round((low + high) / 2), worst: sorted.at(-1)!, samples: sorted.length }
}

/** Whether everything came out once and in order, every bound was kept, and nobody had to do anything. */
export const isFaultless = (
  { missing, duplicated, outOfOrder, unexpected }: Verdict,
  bounds: readonly Bound[],
  hands: readonly string[],
): boolean =>
  missing + duplicated + outOfOrder + unexpected === 0 && hands.length === 0 && bounds.every(({ met }) => met)

export const round = (value: number): number => Math.round(value * 1000) / 1000
