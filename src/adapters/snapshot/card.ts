import { stringify } from 'yaml'
import { type AttributeSet, labelKeys } from '../../domain/attributes.js'
import { type Snapshot } from '../../domain/job.js'

/** A column, as `dataset_info.features` of a dataset card spells it. */
type Feature = { readonly name: string } & (
  | { readonly dtype: 'string' | 'int64' | 'float64' }
  | { readonly struct: readonly Feature[] }
  | { readonly list: readonly Feature[] | 'string' }
)

const strings = (...names: readonly string[]): readonly Feature[] => names.map(name => ({ name, dtype: 'string' }))

/**
 * Every column with its type. Without it a loader takes the types from the first records it meets and fails on a label
 * that is null, a column that comes later, or a score that is a whole number (alignment §8).
 */
const features = (sets: readonly AttributeSet[]): readonly Feature[] => {
  const scored = [...new Set(sets.flatMap(set => set.attributes.map(attribute => attribute.key)))]
  return [
    { name: 'conversations', list: strings('value', 'from', 'label', 'lang', 'gt_label') },
    ...strings('tree_id', 'system', 'mask', 'type'),
    {
      name: 'steerflow',
      struct: [
        ...strings('id', 'split', 'split_rule', 'origin'),
        {
          name: 'lineage',
          struct: [
            ...strings('source'),
            { name: 'line', dtype: 'int64' },
            ...strings('configuration'),
            { name: 'models', list: 'string' },
          ],
        },
        { name: 'scores', list: scored.map(name => ({ name, dtype: 'float64' })) },
        ...strings('value_model', 'attribute_set'),
      ],
    },
  ]
}

const describeSet = (set: AttributeSet): string => {
  const [first] = set.attributes
  const language = set.language ? '; `lang` is a language code' : ''
  return `\`${set.name}\`: ${labelKeys(set).join(', ')} (integers from ${first?.min} to ${first?.max}${language})`
}

/** The dataset card (README.md) of a snapshot: read by `load_dataset` and by people. A function of the records alone. */
export function datasetCard(snapshot: Snapshot, sets: readonly AttributeSet[]): string {
  const splits = (['train', 'validation'] as const).filter(split => snapshot[split] > 0)
  const header = {
    configs: [
      {
        // The loader's cache knows a folder by its last name and configuration: through `latest`, a configuration of
        // one name would be answered with the records of an older snapshot.
        config_name: snapshot.digest.slice(0, 12),
        data_files: splits.map(split => ({ split, path: `${split}.jsonl` })),
      },
    ],
    dataset_info: { features: features(sets) },
  }
  return `---
${stringify(header, { aliasDuplicateObjects: false })}---

# ${snapshot.dataset}

SteerLM conversations, one a line. Snapshot \`${snapshot.digest}\`.

| split | records |
|---|---|
| train | ${snapshot.train} |
| validation | ${snapshot.validation} |

Attribute set of the labels:
${sets.map(set => `- ${describeSet(set)}`).join('\n')}

- \`conversations\`, \`tree_id\`, \`system\`, \`mask\` and \`type\` are what NeMo's chat loader reads; \`label\` is null on a turn that
  has none. \`steerflow\` tells where a record comes from and holds the raw scores before they were rounded to the label.
- Records stand in the order of their id, which is a shuffle that stays the same. Equal paths appear once, and of a tree
  that came several times the last version.
- \`sha256sum -c SHA256SUMS\` checks the files.
`
}
