import type { AttributeSet } from './attributes.js'
import { SteerflowError } from './errors.js'
import { formatLabel } from './label-line.js'

/** Attributes that are high in the best answers. */
const wanted = new Set(['quality', 'helpfulness', 'correctness', 'coherence'])
/**
 * Attributes that get a middle value: at the maximum, answers grew three times as long and no better
 * (docs/reference/papers.md#steerlm-20).
 */
const moderate = new Set(['complexity', 'verbosity'])

/** The wanted values of an attribute line; omitted keys get those of a good answer. */
export type Wishes = Readonly<Record<string, number | string>>

/**
 * The attribute line for an answer: the wishes, with the other keys filled in as in the tutorial's best answers (quality
 * and helpfulness at the top of their scale, faults at the bottom), in the set's order.
 * @throws STEERFLOW_USAGE when a key is not in the set or a value is not on its scale.
 */
export function steeringLabel(set: AttributeSet, wishes: Wishes = {}): string {
  const known = new Set(set.attributes.map(({ key }) => key))
  for (const key of Object.keys(wishes)) {
    if (known.has(key) || (key === 'lang' && set.language)) continue
    const keys = [...known, ...(set.language ? ['lang'] : [])].join(', ')
    throw new SteerflowError('STEERFLOW_USAGE', `${set.name} has no attribute ${key}; it has ${keys}`)
  }
  const scores = set.attributes.map(({ key, min, max }) => {
    const given = wishes[key]
    if (given === undefined) {
      return [key, wanted.has(key) ? max : moderate.has(key) ? Math.round((min + max) / 2) : min] as const
    }
    const value = Number(given)
    if (given !== '' && Number.isInteger(value) && value >= min && value <= max) return [key, value] as const
    throw new SteerflowError('STEERFLOW_USAGE', `${key} is ${given}; it must be a whole number from ${min} to ${max}`)
  })
  const lang = set.language ? String(wishes.lang ?? 'en') : null
  if (lang !== null && !/^[a-z]{2}$/.test(lang)) {
    throw new SteerflowError('STEERFLOW_USAGE', `lang is ${lang}; it must be a language code of two letters, e.g. en`)
  }
  return formatLabel(set, { scores: Object.fromEntries(scores), lang })
}

/**
 * Parses wishes as they are typed: `quality=4,humor=2`.
 * @throws STEERFLOW_USAGE when a part is not `key=value`, or a key is repeated.
 */
export function parseWishes(text: string): Wishes {
  const wishes: Record<string, string> = {}
  for (const part of text.split(',')) {
    const [, key, value] = /^\s*(\w+)\s*[=:]\s*(\w+)\s*$/.exec(part) ?? []
    if (key === undefined || value === undefined || Object.hasOwn(wishes, key)) {
      throw new SteerflowError('STEERFLOW_USAGE', `${JSON.stringify(text)} is not a list such as quality=4,humor=2`)
    }
    wishes[key] = value
  }
  return wishes
}
