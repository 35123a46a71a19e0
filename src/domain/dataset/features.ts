import type { AttributeSet } from '../attributes.js'

/** A column of a dataset, as `dataset_info.features` of a dataset card spells it. */
export type Feature = { readonly name: string } & FeatureType

export type ScalarType = 'string' | 'int64' | 'float64'

export type FeatureType =
  | { readonly dtype: ScalarType }
  | { readonly struct: readonly Feature[] }
  | { readonly list: readonly Feature[] | ScalarType }

/** Columns of text. */
export const strings = (...names: readonly string[]): readonly Feature[] =>
  names.map(name => ({ name, dtype: 'string' }))

const integers = (...names: readonly string[]): readonly Feature[] => names.map(name => ({ name, dtype: 'int64' }))

/** The columns of a turn. */
const turn = strings('value', 'from', 'label', 'lang', 'gt_label')

/** The columns of the original scripts, without `steerflow`. */
export const originalFeatures: readonly Feature[] = [
  { name: 'conversations', list: turn },
  ...strings('tree_id', 'system', 'mask', 'type'),
]

/** Keys of the attributes of several sets, without duplicates. */
export const attributeKeys = (sets: readonly AttributeSet[]): readonly string[] => [
  ...new Set(sets.flatMap(set => set.attributes.map(attribute => attribute.key))),
]

const scoreColumns = (sets: readonly AttributeSet[]): readonly Feature[] =>
  attributeKeys(sets).map(name => ({ name, dtype: 'float64' }))

/**
 * Every column of a conversation with its type. Without types, a loader takes them from the first records and fails on a
 * label that is null, a column that comes later, or a score that is a whole number
 * (docs/reference/training-tools.md#hugging-face-datasets). A column that no record has is filled with nulls.
 */
export function conversationFeatures(sets: readonly AttributeSet[]): readonly Feature[] {
  const scores: Feature = { name: 'scores', list: scoreColumns(sets) }
  return [
    ...originalFeatures,
    {
      name: 'steerflow',
      struct: [
        ...strings('id', 'split', 'split_rule', 'origin'),
        {
          name: 'lineage',
          struct: [
            ...strings('source'),
            ...integers('line'),
            ...strings('configuration'),
            { name: 'models', list: 'string' },
          ],
        },
        {
          name: 'bootstrap',
          struct: [...strings('round'), ...integers('prompt', 'candidate', 'seed'), ...strings('asked', 'kept')],
        },
        scores,
        ...strings('value_model', 'attribute_set'),
        {
          name: 'rescored',
          list: [...strings('value_model', 'attribute_set'), { name: 'labels', list: 'string' }, scores],
        },
      ],
    },
  ]
}

/** The columns of a Parquet file: those of a conversation, and the label of each turn as numeric columns. */
export const typedFeatures = (sets: readonly AttributeSet[]): readonly Feature[] => [
  ...conversationFeatures(sets),
  {
    name: 'labels',
    list: [...attributeKeys(sets).map((name): Feature => ({ name, dtype: 'int64' })), ...strings('lang')],
  },
]
