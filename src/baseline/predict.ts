import { vectoriser } from './features.js'
import { languageOf } from './language.js'
import type { AttributeFit, BaselineModel } from './model.js'
import type { SparseRow } from './sparse.js'
import type { TurnInContext } from './turn.js'

/** The model's prediction for a turn. */
export interface Prediction {
  /** Raw scores by attribute key, to four decimals: neither rounded to whole points nor limited to the scale. */
  readonly scores: Readonly<Record<string, number>>
  /** Language code; null if the labels named none. */
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

/** Makes a predictor of the model. It holds tables, so one should serve many turns. */
export function predictor({ attributeSet, space, fits, languages }: BaselineModel): Predict {
  const vectorise = vectoriser(space)
  return turn => {
    const row = vectorise(turn)
    const scores = attributeSet.attributes.map(({ key }, i) => [key, Number(linear(fits[i]!, row).toFixed(4))] as const)
    return { scores: Object.fromEntries(scores), language: languageOf(languages, turn.text) }
  }
}
