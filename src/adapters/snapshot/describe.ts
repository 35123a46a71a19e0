import type { AttributeSet } from '../../domain/attributes.js'
import { type Published, croissant } from '../../domain/dataset/croissant.js'
import type { Snapshot } from '../../domain/job.js'
import type { ShardManifest } from '../../domain/shard.js'
import { type DataFile, type Form, forms, parquetFolder } from './data-files.js'
import type { MixFacts } from './mix/round-mix.js'
import type { LeftOut } from './select.js'
import { cardHead, type CardConfig, describeSet } from '../../domain/dataset/card.js'
import { conversationFeatures, typedFeatures, originalFeatures, strings } from '../../domain/dataset/features.js'
import { writeWithSums } from '../storage/summed.js'

/** A snapshot with everything that is told of it. */
export interface DescribedSnapshot {
  readonly snapshot: Snapshot
  readonly sets: readonly AttributeSet[]
  readonly files: readonly DataFile[]
  readonly leftOut: LeftOut
  /** What the data of a round is made of; null of every other dataset. */
  readonly mix: MixFacts | null
  readonly shards: readonly ShardManifest[]
  readonly published: Published
}

/** A way to read a snapshot: by the files of a form. */
const configOf = ({ snapshot, sets, files }: DescribedSnapshot, form: Form): CardConfig => ({
  // The loader's cache knows a folder by its last name and configuration: through `latest`, a configuration of one name
  // would be answered with the records of an older snapshot.
  name: `${snapshot.digest.slice(0, 12)}${form === 'jsonl' ? '' : `-${form}`}`,
  // A split without records is left out, since the loader fails on it.
  files: files
    .filter(file => file.form === form && file.records > 0)
    .map(({ split, path }) => ({ split, path: path.replace(`${parquetFolder}/`, '') })),
  features: form === 'parquet' ? typedFeatures(sets) : conversationFeatures(sets),
})

const described: Readonly<Record<Form, string>> = {
  jsonl: '`*.jsonl`: JSON lines',
  gzip: '`*.jsonl.gz`: the same lines, compressed',
  parquet:
    '`parquet/`, with a card of its own: the same records in typed columns; `labels` holds the label of each turn as numbers',
}

/** What the data of a round is made of, and what was left out of it. */
const roundText = ({ round, accepted, negatives, replayed, replayed_from, left_out }: MixFacts): string => `
Bootstrap round \`${round}\`:

| training records | |
|---|---|
| answers that were accepted | ${accepted} |
| answers kept as negatives, under the label that was predicted | ${negatives} |
| replayed from snapshot \`${replayed_from}\` | ${replayed} |
| left out: near-duplicates of another answer | ${left_out.near_duplicates} |
| left out: more negatives than their share | ${left_out.negatives} |
| left out: a validation record already | ${left_out.held_out} |

The validation records are all of that snapshot.
`

/** The dataset card (README.md) of a snapshot: read by `load_dataset` and by people. A function of the records alone. */
export function datasetCard(of: DescribedSnapshot): string {
  const { snapshot, sets, files, mix, published } = of
  const present = forms.filter(form => files.some(file => file.form === form))
  const configs = [configOf(of, 'jsonl'), ...(present.includes('gzip') ? [configOf(of, 'gzip')] : [])]
  return `${cardHead(configs, published.license)}
# ${snapshot.dataset}

SteerLM conversations, one a line. Snapshot \`${snapshot.digest}\`.

| split | records |
|---|---|
| train | ${snapshot.train} |
| validation | ${snapshot.validation} |

Files:
${present.map(form => `- ${described[form]}`).join('\n')}
${mix === null ? '' : roundText(mix)}
Attribute set of the labels:
${sets.map(describeSet).join('\n')}

- \`conversations\`, \`tree_id\`, \`system\`, \`mask\` and \`type\` are what NeMo's chat loader reads; \`label\` is null on a turn that
  has none. \`steerflow\` tells where a record comes from and holds the raw scores before they were rounded to the label.
- Records stand in the order of their id, which is a shuffle that stays the same. Equal paths appear once, and of a tree
  that came several times the last version. Trees that were to be forgotten are left out.
- \`sha256sum -c SHA256SUMS\` checks the files; \`croissant.json\` describes them in Croissant 1.0.
`
}

/** The card of the folder of the Parquet files. */
export const parquetCard = (
  of: DescribedSnapshot,
): string => `${cardHead([configOf(of, 'parquet')], of.published.license)}
# ${of.snapshot.dataset}, Parquet

The records of the folder above in typed columns, from snapshot \`${of.snapshot.digest}\`. \`labels\` holds the label of each
turn as numbers, null where it has none; \`steerflow.scores\` the scores before they were rounded.
`

/** Names of the files that tell of the records, in the order in which they have to appear: the checksums last. */
export const descriptions = ['README.md', 'croissant.json', 'manifest.json', 'SHA256SUMS'] as const

const encodings = {
  jsonl: 'application/jsonlines',
  gzip: 'application/gzip',
  parquet: 'application/x-parquet',
} as const

/** What readers of Croissant can make of a record: a path into lists within lists has no answer there. */
const describedFeatures = [
  ...originalFeatures,
  {
    name: 'steerflow',
    struct: [
      ...strings('id', 'split', 'split_rule', 'origin'),
      {
        name: 'lineage',
        struct: [...strings('source'), { name: 'line', dtype: 'int64' as const }, ...strings('configuration')],
      },
      ...strings('value_model', 'attribute_set'),
    ],
  },
]

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

function croissantOf({ snapshot, files, published }: DescribedSnapshot): string {
  const described = files.map(file => ({ ...file, encodingFormat: encodings[file.form] }))
  const lines = files.filter(({ form, records }) => form === 'jsonl' && records > 0)
  const recordSets = lines.map(({ split, path }) => ({ split, path, features: describedFeatures }))
  return croissant(snapshot, described, recordSets, published)
}

const roundOf = ({ round, accepted, negatives, replayed, replayed_from }: MixFacts) => ({
  round,
  accepted,
  negatives,
  replayed,
  replayed_from,
})

/** Writes what tells of the records: the card, the description in Croissant, the manifest, the checksums of all files. */
export async function describe(folder: string, described: DescribedSnapshot): Promise<void> {
  const { snapshot, files, leftOut, mix, shards, published } = described
  const facts = (split: DataFile['split']) => {
    const { records, bytes, sha256 } = files.find(file => file.split === split && file.form === 'jsonl')!
    return { records, bytes, sha256 }
  }
  const texts = {
    ...(files.some(({ form }) => form === 'parquet') && { [`${parquetFolder}/README.md`]: parquetCard(described) }),
    'README.md': datasetCard(described),
    'croissant.json': croissantOf(described),
    'manifest.json': json({
      ...snapshot,
      made: published.at,
      splits: { train: facts('train'), validation: facts('validation') },
      files,
      left_out: { ...leftOut, ...mix?.left_out },
      ...(mix && { round: roundOf(mix) }),
      shards,
    }),
  }
  await writeWithSums(folder, texts, files)
}
