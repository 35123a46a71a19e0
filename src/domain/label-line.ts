import type { AttributeSet } from './attributes.js'
import { SteerflowError } from './errors.js'

/** The content of a label line: `quality:4,toxicity:0,lang:en`. */
export interface Label {
  /** Scores by attribute key, in the order of the line. */
  readonly scores: Readonly<Record<string, number>>
  /** Language code; null if the line has none. */
  readonly lang: string | null
}

/** Rounds to the nearest integer, ties to the even one, like Python's `round`. Never -0. */
export function roundHalfEven(value: number): number {
  const size = Math.abs(value)
  const floor = Math.floor(size)
  const rest = size - floor
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
  return rounded === 0 ? 0 : Math.sign(value) * rounded
}

/**
 * Writes a label line: those of the set's keys that have a score, in the set's order, then the language if the set has one
 * and it is known.
 */
export function formatLabel(set: AttributeSet, label: Label): string {
  const items = set.attributes
    .filter(({ key }) => Object.hasOwn(label.scores, key))
    .map(({ key }) => `${key}:${label.scores[key]!}`)
  if (set.language && label.lang !== null) items.push(`lang:${label.lang}`)
  return items.join(',')
}

/**
 * Reads a label line of any attribute set.
 * @throws STEERFLOW_RECORD_INVALID when an item is not `key:integer` or `lang:code`, or a key is repeated.
 */
export function parseLabel(line: string): Label {
  const scores: [string, number][] = []
  let lang: string | null = null
  const seen = new Set<string>()
  for (const item of line === '' ? [] : line.split(',')) {
    const colon = item.indexOf(':')
    const key = item.slice(0, colon)
    const value = item.slice(colon + 1)
    const valid = key === 'lang' ? value !== '' : colon > 0 && /^-?\d+$/.test(value)
    if (!valid || seen.has(key))
      throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${JSON.stringify(item)} does not belong in a label line`)
    seen.add(key)
    if (key === 'lang') lang = value
    else scores.push([key, Number(value)])
  }
  return { scores: Object.fromEntries(scores), lang }
}

/** Whether a label line scores anything; a line that only names the language does not. */
export const hasScores = (line: string | null | undefined): line is string =>
  line != null && /(?:^|,)(?!lang:)[^,:]+:/.test(line)
