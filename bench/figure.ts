import { tiny } from './sizes.js'
import { step } from './steps.js'

/**
 * One measured figure. Gated ones are ratios, ours ÷ reference, or rates that a guarantee names: higher is better, `goal`
 * is the least.
 */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** null: reported, not gated. */
  readonly goal: number | null
  /** null where there is no goal, and in a tiny run. */
  readonly met: boolean | null
  /** Smallest and largest of the rounds. */
  readonly spread: readonly [number, number]
  readonly rounds: number
  /** What it is measured against, in words. */
  readonly reference: string
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * Measures two things in turn, A B A B …, after one uncounted round, and returns the ratio of their rates round by round:
 * the median is what counts, the spread shows the noise.
 */
export async function paired(
  name: string,
  goal: number | null,
  reference: string,
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Figure> {
  const ratios: number[] = []
  for (let round = 0; round <= rounds; round++) {
    step(`round ${round} of ${name}: ours`)
    const a = await ours()
    step(`round ${round} of ${name}: the reference`)
    const b = await theirs()
    if (round > 0) ratios.push(a / b)
  }
  return figure(name, goal, reference, 'ratio', ratios)
}

/** A figure from its rounds. */
export function figure(
  name: string,
  goal: number | null,
  reference: string,
  unit: string,
  values: readonly number[],
): Figure {
  const value = median(values)
  return {
    name,
    value: Number(value.toPrecision(4)),
    unit,
    goal,
    met: goal === null || tiny ? null : value >= goal,
    spread: [Math.min(...values), Math.max(...values)],
    rounds: values.length,
    reference,
  }
}

/** Names of the figures whose goal is not met; one without a goal has none to meet. */
export const unmet = (figures: readonly Figure[]): readonly string[] =>
  figures.filter(({ met }) => met === false).map(({ name }) => name)
