import { z } from 'zod'
import type { Conversation } from './conversation.js'
import { SteerflowError } from './errors.js'
import { fitsPieces } from './pieces.js'
import { DatasetName } from './shard.js'

/** The values of a record that can be part of its dataset's name. */
const parts: Readonly<Record<string, (record: Conversation) => string>> = {
  origin: record => record.steerflow.origin,
  round: record => record.steerflow.bootstrap?.round ?? '',
}

const placeholder = /\{([^{}]*)\}/g

const named = (rule: string, value: (part: string) => string): string =>
  rule.replace(placeholder, (_, part: string) => value(part))

/** The dataset of a record: a name, in which `{origin}` and `{round}` stand for the record's own values. */
export const DatasetRule = z.string().refine(
  rule => DatasetName.safeParse(named(rule, part => (Object.hasOwn(parts, part) ? 'x' : '?'))).success,
  `expected a dataset name, which may contain ${Object.keys(parts)
    .map(part => `{${part}}`)
    .join(' and ')}`,
)

/**
 * The dataset that a rule gives to a record.
 * @throws STEERFLOW_RECORD_INVALID when the record's values do not make a dataset name.
 */
export function datasetBy(rule: string, record: Conversation): string {
  if (!rule.includes('{')) return rule
  const name = named(rule, part => parts[part]!(record))
  if (DatasetName.safeParse(name).success) return name
  throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${JSON.stringify(name)} is not a dataset name`)
}

/** The settings of a dataset: those under its name, or under the first rule that can produce the name. */
export function settledFor<T>(settings: Readonly<Record<string, T>>, dataset: string): T | undefined {
  if (Object.hasOwn(settings, dataset)) return settings[dataset]
  const found = Object.entries(settings).find(([rule]) => rule.includes('{') && couldBe(rule, dataset))
  return found?.[1]
}

const couldBe = (rule: string, dataset: string): boolean => fitsPieces(named(rule, () => '\0').split('\0'), dataset, 1)
