import { type AttributeMetric } from '../domain/model.js'
import { spearman } from '../domain/statistics/rank-correlation.js'
import { spearmanInterval } from './spearman.js'

/** A held-out turn: what people scored, what the model and the controls say. */
export interface HeldOut {
  readonly tree: string
  readonly score: number
  /** Null when there were too few labels to learn from: then the constant is what is predicted. */
  readonly predicted: number | null
  /** The mean score of the turns that the model learnt from. */
  readonly constant: number
  /** Length of the text in UTF-16 units. */
  readonly length: number
}

/** Seed of the resampling: fixed, so that a model's figures never change. */
const seed = 17

const places = (value: number | null | undefined): number | null => (value == null ? null : Number(value.toFixed(4)))

/** The figures of one attribute from its held-out turns; null where they are undefined. */
export function measure(attribute: string, held: readonly HeldOut[]): AttributeMetric {
  const scores = held.map(({ score }) => score)
  const predicted = held.map(turn => turn.predicted ?? turn.constant)
  const trees = [...new Set(held.map(({ tree }) => tree))]
  const cluster = new Map(trees.map((tree, i) => [tree, i]))
  // The constants of two folds differ, but only by which labels each fold happens to miss: that correlates with nothing.
  const learnt = held.every(turn => turn.predicted !== null)
  const correlation = learnt ? spearman(scores, predicted) : null
  const interval =
    correlation === null
      ? null
      : spearmanInterval(
          scores,
          predicted,
          held.map(({ tree }) => cluster.get(tree)!),
          seed,
        )
  const meanError = (of: (turn: HeldOut) => number): number | null =>
    held.length === 0 ? null : held.reduce((sum, turn) => sum + Math.abs(of(turn) - turn.score), 0) / held.length
  const lengths = held.map(({ length }) => length)
  return {
    attribute,
    turns: held.length,
    spearman: places(correlation),
    spearman_low: places(interval?.low),
    spearman_high: places(interval?.high),
    spearman_length: places(spearman(scores, lengths)),
    mae: places(meanError(turn => turn.predicted ?? turn.constant)),
    mae_constant: places(meanError(turn => turn.constant)),
  }
}
