import { cardHead, type CardConfig, describeSet } from '../../domain/dataset/card.js'
import { conversationFeatures, typedFeatures } from '../../domain/dataset/features.js'
import { type Form, forms, parquetFolder } from './data-files.js'
import { type Described } from './described.js'
import { type MixFacts } from './mix/round-mix.js'

/** A way to read a snapshot: by the files of a form. */
const configOf = ({ snapshot, sets, files }: Described, form: Form): CardConfig => ({
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
export function datasetCard(of: Described): string {
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
export const parquetCard = (of: Described): string => `${cardHead([configOf(of, 'parquet')], of.published.license)}
# ${of.snapshot.dataset}, Parquet

The records of the folder above in typed columns, from snapshot \`${of.snapshot.digest}\`. \`labels\` holds the label of each
turn as numbers, null where it has none; \`steerflow.scores\` the scores before they were rounded.
`
