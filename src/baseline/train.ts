import type { AttributeSet } from '../domain/attributes.js'
import { digest } from '../domain/digest.js'
import type { AttributeMetric } from '../domain/model.js'
import type { Examples, LabelledTurn } from './examples.js'
import { featureWidth, fitFeatures, vectoriser } from './features.js'
import { fitLanguages } from './language.js'
import { measure } from './metrics.js'
import type { AttributeFit, BaselineModel } from './model.js'
import { linear } from './predict.js'
import { ridge, type RidgeOptions } from './ridge.js'
import { type SparseRow, type SparseRows, stackRows } from './sparse.js'

export interface TrainOptions {
  /** Number of parts of the trees: each part is predicted by a model of the others. */
  readonly folds: number
  /** Maximum number of training turns, which bounds time and memory. */
  readonly mostTurns: number
  /** Called after each fit: `fitsOf` times in all. */
  readonly fitted?: () => void
}

export interface Trained {
  readonly model: BaselineModel
  /** Held-out figures of every attribute, on the assistant's turns, which are those that are steered. */
  readonly metrics: readonly AttributeMetric[]
  readonly trees: number
  readonly turns: number
  /** Number of parts of the trees: fewer than requested if there are fewer trees. */
  readonly folds: number
}

/** Chosen on trees of the shipped corpus; half to three times this penalty gives similar figures. */
const solver: RidgeOptions = { penalty: 10, steps: 40, tolerance: 0.05 }

/** An attribute with fewer labelled turns is predicted by its mean: there is too little to learn weights from. */
const leastTurns = 20

/** The number of fits in a training: every attribute on all turns, and on all but each fold. */
export const fitsOf = (set: AttributeSet, folds: number): number => set.attributes.length * (folds + 1)

/** Whole trees up to the limit, those with the smallest digests of their ids: independent of the order of lines. */
function boundedTurns(turns: readonly LabelledTurn[], most: number): readonly LabelledTurn[] {
  if (turns.length <= most) return turns
  const sizes = new Map<string, number>()
  for (const { tree } of turns) sizes.set(tree, (sizes.get(tree) ?? 0) + 1)
  const ranked = [...sizes.keys()]
    .map(tree => ({ tree, rank: digest(tree) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
  const chosen = new Set<string>()
  let room = most
  for (const { tree } of ranked) {
    room -= sizes.get(tree)!
    if (room < 0 && chosen.size > 0) break
    chosen.add(tree)
  }
  return turns.filter(({ tree }) => chosen.has(tree))
}

/** The fold of each turn: trees are dealt out in the order of their ids. */
function foldsOf(turns: readonly LabelledTurn[], folds: number): readonly number[] {
  const trees = [...new Set(turns.map(({ tree }) => tree))].sort()
  const fold = new Map(trees.map((tree, i) => [tree, i % folds]))
  return turns.map(({ tree }) => fold.get(tree)!)
}

/** Fits one attribute on those of the chosen turns that are labelled with it. */
function fitAttribute(
  rows: SparseRows,
  turns: readonly LabelledTurn[],
  key: string,
  floor: number,
  among: (turn: number) => boolean,
): AttributeFit {
  const labelled = Uint32Array.from([...turns.keys()].filter(i => among(i) && turns[i]!.scores.has(key)))
  const target = Float64Array.from(labelled, i => turns[i]!.scores.get(key)!)
  if (labelled.length < leastTurns) {
    const mean = labelled.length === 0 ? floor : target.reduce((sum, score) => sum + score, 0) / labelled.length
    return { mean, turns: labelled.length, weights: null }
  }
  const { mean, weights } = ridge(rows, labelled, target, solver)
  return { mean, turns: labelled.length, weights: Float32Array.from(weights) }
}

/**
 * Trains a value model and measures it on unseen trees. Pure and deterministic: the same examples give the same model. In
 * the measured folds, the choice of n-grams and their rarity come from all turns (but never from labels), the weights from
 * the other folds only.
 */
export function trainBaseline(examples: Examples, { folds, mostTurns, fitted }: TrainOptions): Trained {
  const { attributeSet, user } = examples
  const turns = boundedTurns(examples.turns, mostTurns)
  const trees = new Set(turns.map(({ tree }) => tree)).size
  const parts = Math.min(folds, trees)
  const space = fitFeatures(turns)
  const vectors: readonly SparseRow[] = turns.map(vectoriser(space))
  const rows = stackRows(vectors, featureWidth(space))
  const foldOf = foldsOf(turns, parts)
  const fit = (key: string, floor: number, among: (turn: number) => boolean): AttributeFit => {
    const fit = fitAttribute(rows, turns, key, floor, among)
    fitted?.()
    return fit
  }

  const fits = attributeSet.attributes.map(({ key, min }) => fit(key, min, () => true))
  const metrics = attributeSet.attributes.map(({ key, min }) => {
    const held = parts < 2 ? [] : [...turns.keys()].filter(i => !turns[i]!.user && turns[i]!.scores.has(key))
    const models = Array.from({ length: parts }, (_, f) => fit(key, min, i => foldOf[i] !== f))
    return measure(
      key,
      held.map(i => {
        const unseen = models[foldOf[i]!]!
        const { tree, text, scores } = turns[i]!
        const predicted = unseen.weights && linear(unseen, vectors[i]!)
        return { tree, score: scores.get(key)!, predicted, constant: unseen.mean, length: text.length }
      }),
    )
  })
  const languages = fitLanguages(
    turns.flatMap(({ text, language }) => (language === null ? [] : [{ text, code: language }])),
  )
  return { model: { attributeSet, user, space, fits, languages }, metrics, trees, turns: turns.length, folds: parts }
}
