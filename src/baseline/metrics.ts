import { ordered, weightedCorrelation, weightedRanks, spearman } from '../domain/statistics/rank-correlation.js'
import { seededRandom } from './random.js'
import type { AttributeMetric } from '../domain/model.js'

export interface Interval {
  readonly low: number
  readonly high: number
}

/** Number of resamplings for an interval. */
const resamplings = 500

/**
 * The 95 % interval of Spearman's correlation when whole clusters are resampled with replacement. Values of one cluster (the
 * turns of a tree) are alike, so that resampling single values would make it too narrow. Null with fewer than two clusters,
 * or if the correlation is undefined in most resamplings.
 * @param clusters the cluster of each value, counted from 0.
 */
export function spearmanInterval(
  a: readonly number[],
  b: readonly number[],
  clusters: readonly number[],
  seed: number,
): Interval | null {
  const random = seededRandom(seed)
  const count = new Set(clusters).size
  if (count < 2) return null
  const [left, right] = [ordered(a), ordered(b)]
  const drawn = new Float64Array(count)
  const weights = new Float64Array(a.length)
  const found: number[] = []
  for (let draw = 0; draw < resamplings; draw++) {
    drawn.fill(0)
    for (let i = 0; i < count; i++) drawn[Math.floor(random() * count)]!++
    clusters.forEach((cluster, i) => (weights[i] = drawn[cluster]!))
    const correlation = weightedCorrelation(weightedRanks(left, weights), weightedRanks(right, weights), weights)
    if (correlation !== null) found.push(correlation)
  }
  if (found.length < resamplings / 2) return null
  found.sort((x, y) => x - y)
  const quantile = (share: number): number => found[Math.round(share * (found.length - 1))]!
  return { low: quantile(0.025), high: quantile(0.975) }
}

/** A held-out turn: its human score, the model's prediction, and the controls. */
export interface HeldOut {
  readonly tree: string
  readonly score: number
  /** Null if there were too few labels to learn from: then the constant is the prediction. */
  readonly predicted: number | null
  /** The mean score of the turns that the model was trained on. */
  readonly constant: number
  /** Length of the text in UTF-16 units. */
  readonly length: number
}

/** Seed of the resampling: fixed, so that a model's figures never change. */
const seed = 17

const places = (value: number | null | undefined): number | null => (value == null ? null : Number(value.toFixed(4)))

/** The figures of one attribute from its held-out turns; null if they are undefined. */
export function measure(attribute: string, held: readonly HeldOut[]): AttributeMetric {
  const scores = held.map(({ score }) => score)
  const predicted = held.map(turn => turn.predicted ?? turn.constant)
  const trees = [...new Set(held.map(({ tree }) => tree))]
  const cluster = new Map(trees.map((tree, i) => [tree, i]))
  // The constants of two folds only differ by the labels that each fold happens to miss: that correlates with nothing.
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
