import type { AttributeSet } from '../attributes.js'
import type { Turn } from '../conversation.js'
import { roundHalfEven } from '../label-line.js'
import { sourceInvalid, wellFormed } from '../source-error.js'
import type { Recipe } from './recipe.js'

/** A message of a tree, not yet checked. */
export type Message = Readonly<Record<string, unknown>>

/**
 * The turn of a message (docs/reference/original-scripts.md#paths-of-a-tree) and its label
 * (docs/reference/original-scripts.md#human-labels). Its keys are in the order in which they are written.
 * @throws STEERFLOW_SOURCE_INVALID where the original crashes, and for a text that is missing or malformed.
 */
export function turnOf(message: Message, recipe: Recipe, path: () => string): Turn {
  const { role, text } = message
  if (role !== 'prompter' && role !== 'assistant') throw sourceInvalid(path(), `unknown role ${JSON.stringify(role)}`)
  if (typeof text !== 'string') throw sourceInvalid(`${path()}.text`, 'a text is required')
  const turn: Turn = {
    value: wellFormed(text, () => `${path()}.text`),
    from: role === 'prompter' ? 'User' : 'Assistant',
  }
  if (recipe.labelsReplies && role === 'prompter') turn.label = null
  else if ('labels' in message) turn.label = humanLabel(message['labels'], recipe, path)
  if (recipe.set.language && 'lang' in message) addLanguage(turn, message['lang'], recipe, path)
  return turn
}

/** A turn without its text. */
export type Draft = Omit<Turn, 'value'>

/** Adds the language to a turn and to its label. A turn without a label stays without one, if the recipe allows that. */
export function addLanguage(turn: Draft, lang: unknown, recipe: Recipe, path: () => string): void {
  if (typeof lang !== 'string') throw sourceInvalid(`${path()}.lang`, 'a language code is required')
  const code = wellFormed(lang, () => `${path()}.lang`).split('-', 1)[0]!
  if (turn.label === undefined) {
    if (recipe.needsLabels) throw sourceInvalid(path(), 'lang without labels')
  } else turn.label = turn.label ? `${turn.label},lang:${code}` : `lang:${code}`
  turn.lang = code
}

/** Mean human ratings, from 0 to 1, as points from 0 to 4. Values out of range are kept, as in the original. */
function humanLabel(labels: unknown, recipe: Recipe, path: () => string): string {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    throw sourceInvalid(`${path()}.labels`, 'an object is required')
  return labelLine(recipe.set, index => {
    const { key } = recipe.set.attributes[index]!
    const rating = (labels as Record<string, { readonly value?: unknown } | null | undefined>)[key]
    if (rating === undefined) return undefined
    const points = fourTimes(rating?.value)
    if (points === null) throw sourceInvalid(`${path()}.labels.${key}.value`, 'a finite number is required')
    return points
  })
}

/** The label line: the points of each attribute that has some, in the set's order. */
export function labelLine(set: AttributeSet, pointsOf: (index: number) => number | bigint | undefined): string {
  let label = ''
  for (let index = 0; index < set.attributes.length; index++) {
    const points = pointsOf(index)
    if (points === undefined) continue
    const { key } = set.attributes[index]!
    label += label === '' ? `${key}:${points}` : `,${key}:${points}`
  }
  return label
}

/** Python's `round(value * 4)`, exact for integers of any size; null if it is not a finite number. */
function fourTimes(value: unknown): number | bigint | null {
  if (typeof value === 'bigint') return value * 4n
  if (typeof value === 'boolean') return value ? 4 : 0
  if (typeof value !== 'number' || !Number.isFinite(value * 4)) return null
  const points = roundHalfEven(value * 4)
  return Number.isSafeInteger(points) ? points : BigInt(points)
}
