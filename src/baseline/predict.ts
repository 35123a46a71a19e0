import { vectoriser } from './features.js'
import { languageOf } from './language.js'
import type { AttributeFit, BaselineModel } from './model.js'
import type { SparseRow } from './sparse.js'
import type { TurnInContext } from './turn.js'

/** What the model says of a turn. */
export interface Prediction {
  /** Raw scores by attribute key, to four decimals: neither rounded to whole points nor kept to the scale. */
  readonly scores: Readonly<Record<string, number>>
  /** Language code, null when the labels named none. */
  readonly language: string | null
}

/** Predicts all attributes of a turn. */
export type Predict = (turn: TurnInContext) => Prediction

/** The prediction of one attribute for a row. */
export function linear({ mean, weights }: AttributeFit, { columns, values }: SparseRow): number {
  if (weights === null) return mean
  let sum = mean
  for (let e = 0; e < columns.length; e++) sum += weights[columns[e]!]! * values[e]!
  return sum
}

/** A predictor for the model: it holds tables, so that one is made for many turns. */
export function predictor({ attributeSet, space, fits, languages }: BaselineModel): Predict {
  const vectorise = vectoriser(space)
  return turn => {
    const row = vectorise(turn)
    const scores = attributeSet.attributes.map(({ key }, i) => [key, Number(linear(fits[i]!, row).toFixed(4))] as const)
    return { scores: Object.fromEntries(scores), language: languageOf(languages, turn.text) }
  }
}
