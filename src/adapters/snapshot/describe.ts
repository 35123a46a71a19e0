import { croissant } from '../../domain/dataset/croissant.js'
import { originalFeatures, strings } from '../../domain/dataset/features.js'
import { writeWithSums } from '../storage/summed.js'
import { datasetCard, parquetCard } from './card.js'
import { type DataFile, parquetFolder } from './data-files.js'
import { type Described } from './described.js'
import { type MixFacts } from './mix/round-mix.js'

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

function croissantOf({ snapshot, files, published }: Described): string {
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
export async function describe(folder: string, described: Described): Promise<void> {
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
