import type { AttributeSet } from '../../../domain/attributes.js'
import type { RawScores } from './protocol.js'

/** Scores by name, or why a reply contains none for this set. */
export type Rewards = { readonly scores: RawScores } | { readonly missing: string }

/** Scores from floats in the order of the set's attributes. */
export function rewardsInOrder(floats: readonly number[], { name, attributes }: AttributeSet): Rewards {
  if (floats.length !== attributes.length) {
    return { missing: `${floats.length} rewards for the ${attributes.length} attributes of ${name}` }
  }
  return { scores: Object.fromEntries(attributes.map(({ key }, index) => [key, floats[index]!])) }
}

/** Scores from floats by attribute key; keys that the set does not have are dropped. */
export function rewardsByName(floats: ReadonlyMap<string, number>, { name, attributes }: AttributeSet): Rewards {
  const absent = attributes.filter(({ key }) => !floats.has(key)).map(({ key }) => key)
  if (absent.length > 0) return { missing: `no reward for ${absent.join(', ')} of ${name}` }
  return { scores: Object.fromEntries(attributes.map(({ key }) => [key, floats.get(key)!])) }
}
