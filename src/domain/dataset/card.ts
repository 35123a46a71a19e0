import { stringify } from 'yaml'
import { type AttributeSet, labelKeys } from '../attributes.js'
import type { Split } from '../conversation.js'
import type { Feature } from './features.js'

/** One way to read a dataset folder: the files of each split, and the type of every column. */
export interface CardConfig {
  readonly name: string
  readonly files: readonly { readonly split: Split; readonly path: string }[]
  readonly features: readonly Feature[]
}

/**
 * The head of a dataset card (README.md), from which Hugging Face's `load_dataset` learns how to read a folder. The first
 * configuration is the default.
 */
export function cardHead(configs: readonly CardConfig[], license = ''): string {
  const head = {
    ...(license !== '' && { license }),
    configs: configs.map(({ name, files }, index) => ({
      config_name: name,
      data_files: files.map(({ split, path }) => ({ split, path })),
      ...(index === 0 && configs.length > 1 && { default: true }),
    })),
    dataset_info: configs.map(({ name, features }) => ({ config_name: name, features })),
  }
  return `---\n${stringify(head, { aliasDuplicateObjects: false })}---\n`
}

/** Describes an attribute set in words, as an item of a list. */
export function describeSet(set: AttributeSet): string {
  const [first] = set.attributes
  const language = set.language ? '; `lang` is a language code' : ''
  return `- \`${set.name}\`: ${labelKeys(set).join(', ')} (integers from ${first?.min} to ${first?.max}${language})`
}
