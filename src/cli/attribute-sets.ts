import { attributeSet, type AttributeSet } from '../domain/attributes.js'
import { SteerflowError } from '../domain/errors.js'
import type { Config } from './config.js'

/** The attribute sets that the configuration adds. */
export const attributeSetsOf = ({ attributeSets }: Config): readonly AttributeSet[] =>
  Object.entries(attributeSets).map(([name, { keys, min, max, language }]) => ({
    name,
    attributes: keys.map(key => ({ key, min, max })),
    language,
  }))

/** The attribute set that the configuration asks for; null: it names none. @throws STEERFLOW_CONFIG_INVALID */
export const askedSetOf = (config: Config): AttributeSet | null =>
  config.attributes === '' ? null : attributeSet(config.attributes, attributeSetsOf(config))

/** The attribute set that servers are asked for of which nothing else is known. @throws STEERFLOW_CONFIG_INVALID */
export const attributeSetOf = (config: Config): AttributeSet =>
  askedSetOf(config) ?? attributeSet('oasst-12-lang', attributeSetsOf(config))

/**
 * The attribute set that is predicted where the data is labelled, or the model was trained, with the one of that name.
 * @param whose what has that set, for the message
 * @throws STEERFLOW_CONFIG_INVALID when the configuration asks for another one
 */
export function agreedSetOf(config: Config, name: string, whose: string): AttributeSet {
  const asked = askedSetOf(config)
  if (asked === null) return attributeSet(name, attributeSetsOf(config))
  if (asked.name === name) return asked
  throw new SteerflowError(
    'STEERFLOW_CONFIG_INVALID',
    `attributes: the configuration asks for ${asked.name}, and ${whose} ${name}; leave attributes out to take ${name}, ` +
      `or bring a model and labels of ${asked.name}`,
  )
}
