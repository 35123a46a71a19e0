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

/** The configured attribute set; null if none is named. @throws STEERFLOW_CONFIG_INVALID */
export const askedSetOf = (config: Config): AttributeSet | null =>
  config.attributes === '' ? null : attributeSet(config.attributes, attributeSetsOf(config))

/** The attribute set to request from servers that declare nothing. @throws STEERFLOW_CONFIG_INVALID */
export const attributeSetOf = (config: Config): AttributeSet =>
  askedSetOf(config) ?? attributeSet('oasst-12-lang', attributeSetsOf(config))

/**
 * The attribute set to use with data or a model of the set `name`.
 * @param whose subject and verb for the message, such as `the value model m predicts`
 * @throws STEERFLOW_CONFIG_INVALID if the configuration names another set
 */
export function agreedSetOf(config: Config, name: string, whose: string): AttributeSet {
  const asked = askedSetOf(config)
  if (asked === null) return attributeSet(name, attributeSetsOf(config))
  if (asked.name === name) return asked
  throw new SteerflowError(
    'STEERFLOW_CONFIG_INVALID',
    `attributes: the configuration asks for ${asked.name}, but ${whose} ${name}; omit attributes to use ${name}, ` +
      `or provide a model and labels of ${asked.name}`,
  )
}
