import { type AttributeSet, attributeSets, labelKeys } from '../attributes.js'
import { SteerflowError } from '../errors.js'
import { hasScores, type Label, parseLabel } from '../label-line.js'
import { sourceInvalid } from '../source-error.js'

/** In the order in which they are tried: the first set with all keys of a record is taken. */
const builtIn: readonly AttributeSet[] = (
  ['oasst-12-lang@1', 'oasst-12@1', 'helpsteer-5@1', 'steerlm-9@1'] as const
).map(name => attributeSets[name])

/**
 * The name of the attribute set that has every key of these labels; null if none of them scores anything. A set with a
 * language is only taken for labels with one.
 * @param others sets of the configuration, tried after the built-in ones
 * @throws STEERFLOW_SOURCE_INVALID when no set has them all
 */
export function labelSetOf(
  labels: readonly { readonly label: string | null | undefined; readonly at: string }[],
  others: readonly AttributeSet[] = [],
): string | null {
  const sets = [...builtIn, ...others]
  const keys = new Map<string, string>()
  let scored = false
  for (const { label, at } of labels) {
    if (label === null || label === undefined) continue
    const { scores, lang } = read(label, at)
    scored ||= hasScores(label)
    for (const key of [...Object.keys(scores), ...(lang === null ? [] : ['lang'])])
      if (!keys.has(key)) keys.set(key, at)
  }
  if (!scored) return null
  const fits = sets.find(
    set => set.language === keys.has('lang') && [...keys.keys()].every(key => labelKeys(set).includes(key)),
  )
  if (fits) return fits.name
  const known = new Set(sets.flatMap(labelKeys))
  const strange = [...keys].find(([key]) => !known.has(key))
  const names = `${sets.map(({ name }) => name).join(', ')}; preprocess.attributeSet can name one of your own`
  if (strange) throw sourceInvalid(strange[1], `no attribute set has the key ${strange[0]}; known sets: ${names}`)
  throw sourceInvalid(
    'conversations',
    `no attribute set has all of the keys ${[...keys.keys()].join(', ')}; known sets: ${names}`,
  )
}

function read(label: string, at: string): Label {
  try {
    return parseLabel(label)
  } catch (error) {
    if (error instanceof SteerflowError) throw sourceInvalid(at, error.message, error)
    throw error
  }
}
