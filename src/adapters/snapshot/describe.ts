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

/** A snapshot with all facts for its description. */
export interface DescribedSnapshot {
  readonly snapshot: Snapshot
  readonly sets: readonly AttributeSet[]
  readonly files: readonly DataFile[]
  readonly leftOut: LeftOut
  /** Composition of a round's data; null for other datasets. */
  readonly mix: MixFacts | null
  readonly shards: readonly ShardManifest[]
  readonly published: Published
}

/** A loader configuration: the files of one format. */
const configOf = ({ snapshot, sets, files }: DescribedSnapshot, form: Form): CardConfig => ({
  // The loader's cache identifies a folder by its last name and the configuration. Through `latest`, a constant
  // configuration name would return the records of an older snapshot.
  name: `${snapshot.digest.slice(0, 12)}${form === 'jsonl' ? '' : `-${form}`}`,
  // Splits without records are left out, since the loader fails on them.
  files: files
    .filter(file => file.form === form && file.records > 0)
    .map(({ split, path }) => ({ split, path: path.replace(`${parquetFolder}/`, '') })),
  features: form === 'parquet' ? typedFeatures(sets) : conversationFeatures(sets),
})

const described: Readonly<Record<Form, string>> = {
  jsonl: '`*.jsonl`: JSON lines',
  gzip: '`*.jsonl.gz`: the same lines, compressed',
  parquet:
    '`parquet/`, with a card of its own: the same records in typed columns; `labels` has the label of each turn as numbers',
}

/** Card text about the composition of a round's data. */
const roundText = ({ round, accepted, negatives, replayed, replayed_from, left_out }: MixFacts): string => `
Bootstrap round \`${round}\`:

| training records | |
|---|---|
| accepted answers | ${accepted} |
| answers kept as negatives, with their predicted label | ${negatives} |
| replayed from snapshot \`${replayed_from}\` | ${replayed} |
| left out: near-duplicates of another answer | ${left_out.near_duplicates} |
| left out: negatives above their share | ${left_out.negatives} |
| left out: also a validation record | ${left_out.held_out} |

All validation records come from that snapshot.
`

/** The dataset card (README.md) of a snapshot, for `load_dataset` and for people. It depends only on the records. */
export function datasetCard(of: DescribedSnapshot): string {
  const { snapshot, sets, files, mix, published } = of
  const present = forms.filter(form => files.some(file => file.form === form))
  const configs = [configOf(of, 'jsonl'), ...(present.includes('gzip') ? [configOf(of, 'gzip')] : [])]
  return `${cardHead(configs, published.license)}
# ${snapshot.dataset}

SteerLM conversations, one per line. Snapshot \`${snapshot.digest}\`.

| split | records |
|---|---|
| train | ${snapshot.train} |
| validation | ${snapshot.validation} |

Files:
${present.map(form => `- ${described[form]}`).join('\n')}
${mix === null ? '' : roundText(mix)}
Attribute set of the labels:
${sets.map(describeSet).join('\n')}

- NeMo's chat loader reads \`conversations\`, \`tree_id\`, \`system\`, \`mask\` and \`type\`; \`label\` is null on a turn without
  one. \`steerflow\` has the origin of a record and the raw scores before they were rounded to the label.
- Records are sorted by id, which is a stable shuffle. Equal paths appear once, and only the last version of a tree counts.
  Forgotten trees are left out.
- \`sha256sum -c SHA256SUMS\` checks the files; \`croissant.json\` describes them in Croissant 1.0.
`
}

/** The card of the Parquet folder. */
export const parquetCard = (
  of: DescribedSnapshot,
): string => `${cardHead([configOf(of, 'parquet')], of.published.license)}
# ${of.snapshot.dataset}, Parquet

The records of the parent folder in typed columns, from snapshot \`${of.snapshot.digest}\`. \`labels\` has the label of each
turn as numbers, or null without a label; \`steerflow.scores\` has the scores before they were rounded.
`

/** Names of the description files, in the order of their appearance: the checksums last. */
export const descriptions = ['README.md', 'croissant.json', 'manifest.json', 'SHA256SUMS'] as const

const encodings = {
  jsonl: 'application/jsonlines',
  gzip: 'application/gzip',
  parquet: 'application/x-parquet',
} as const

/** The fields that Croissant readers support; they cannot resolve a path into lists within lists. */
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

/** Writes the descriptions: the card, the Croissant file, the manifest, and the checksums of all files. */
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
