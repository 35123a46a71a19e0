import { handFeatureNames, handFeatures } from './hand-features.js'
import { buckets, eachCharGram, eachWordGram, normalise, wordsOf } from './ngrams.js'
import type { SparseRow } from './sparse.js'
import type { TurnInContext } from './turn.js'

/**
 * The features of a turn: three blocks of TF-IDF values, each normalised to a fixed length (words and word pairs; runs of
 * four characters; words of the previous turn); the standardised hand features; the same again for user turns, since users
 * do not write like the assistant; and a constant.
 */
export interface FeatureSpace {
  /** The n-gram of each column: block × `buckets` + bucket. Most frequent first, so that a fit stays in the cache. */
  readonly grams: Uint32Array
  /** The weight of each n-gram: rare ones weigh more. */
  readonly idf: Float32Array
  /** Mean and standard deviation of each hand feature over the training turns. */
  readonly mean: Float32Array
  readonly deviation: Float32Array
}

/** Maximum number of n-grams, and the number of turns that must use an n-gram for it to be kept. */
const mostGrams = 2 ** 15
const leastTurns = 3

/** The weight of each block, and of the hand features beside them; chosen on trees of the shipped corpus. */
const blockScale = [1, 1, 0.5] as const
const handScale = 0.3

const blocks = blockScale.length
const hand = handFeatureNames.length

/** The number of columns of a row. */
export const featureWidth = (space: FeatureSpace): number => space.grams.length + 2 * hand + 1

/** Counts the n-grams of a turn: pairs of n-gram and count, in order of first occurrence. */
type CountGrams = (turn: TurnInContext) => { readonly grams: readonly number[]; readonly counts: readonly number[] }

function gramCounter(): CountGrams {
  // One array for all turns, cleared after each: a map for each turn takes several times as long.
  const tally = new Uint16Array(blocks * buckets)
  return turn => {
    const grams: number[] = []
    const into = (block: number) => (bucket: number) => {
      const gram = block * buckets + bucket
      if (tally[gram]!++ === 0) grams.push(gram)
    }
    const text = normalise(turn.text)
    eachWordGram(wordsOf(text), into(0))
    eachCharGram(text, 4, 4, into(1))
    if (turn.before !== null) eachWordGram(wordsOf(normalise(turn.before)), into(2))
    const counts = grams.map(gram => tally[gram]!)
    for (const gram of grams) tally[gram] = 0
    return { grams, counts }
  }
}

/** Learns which n-grams to keep, how rare each is, and the scale of the hand features. It does not use labels. */
export function fitFeatures(turns: readonly TurnInContext[]): FeatureSpace {
  const countGrams = gramCounter()
  const used = new Uint32Array(blocks * buckets)
  for (const turn of turns) for (const gram of countGrams(turn).grams) used[gram]!++
  const grams = Uint32Array.from(
    [...used.keys()]
      .filter(gram => used[gram]! >= leastTurns)
      .sort((a, b) => used[b]! - used[a]! || a - b)
      .slice(0, mostGrams),
  )
  const idf = Float32Array.from(grams, gram => 1 + Math.log((1 + turns.length) / (1 + used[gram]!)))
  const values = turns.map(handFeatures)
  const average = (of: (row: readonly number[], feature: number) => number): Float32Array =>
    Float32Array.from(handFeatureNames, (_, feature) =>
      turns.length === 0 ? 0 : values.reduce((sum, row) => sum + of(row, feature), 0) / turns.length,
    )
  const mean = average((row, feature) => row[feature]!)
  const variance = average((row, feature) => (row[feature]! - mean[feature]!) ** 2)
  // A feature that never varies carries no information: an infinite deviation makes it 0.
  const deviation = variance.map(value => (value > 1e-9 ? Math.sqrt(value) : Infinity))
  return { grams, idf, mean, deviation }
}

/** Makes the row of a turn in a feature space. */
export type Vectorise = (turn: TurnInContext) => SparseRow

/** Makes a vectoriser of the space. It holds tables, so one should serve many turns. */
export function vectoriser({ grams, idf, mean, deviation }: FeatureSpace): Vectorise {
  const countGrams = gramCounter()
  const columnOf = new Int32Array(blocks * buckets).fill(-1)
  grams.forEach((gram, column) => (columnOf[gram] = column))
  return turn => {
    const columns: number[] = []
    const values: number[] = []
    const blockOf: number[] = []
    const squares = new Float64Array(blocks)
    const counted = countGrams(turn)
    counted.grams.forEach((gram, i) => {
      const column = columnOf[gram]!
      if (column === -1) return
      const value = (1 + Math.log(counted.counts[i]!)) * idf[column]!
      const block = Math.floor(gram / buckets)
      squares[block]! += value * value
      columns.push(column)
      values.push(value)
      blockOf.push(block)
    })
    const scale = squares.map((square, block) => (square === 0 ? 0 : blockScale[block]! / Math.sqrt(square)))
    for (let i = 0; i < values.length; i++) values[i]! *= scale[blockOf[i]!]!
    handFeatures(turn).forEach((value, feature) => {
      const standard = (handScale * (value - mean[feature]!)) / deviation[feature]!
      columns.push(grams.length + feature)
      values.push(standard)
      if (!turn.user) return
      columns.push(grams.length + hand + feature)
      values.push(standard)
    })
    columns.push(grams.length + 2 * hand)
    values.push(1)
    return { columns, values }
  }
}
