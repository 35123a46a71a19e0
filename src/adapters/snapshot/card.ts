import { type AttributeSet } from '../../domain/attributes.js'
import { cardHead, describeSet } from '../../domain/dataset/card.js'
import { conversationFeatures } from '../../domain/dataset/features.js'
import { type Snapshot } from '../../domain/job.js'

/** The dataset card (README.md) of a snapshot: read by `load_dataset` and by people. A function of the records alone. */
export function datasetCard(snapshot: Snapshot, sets: readonly AttributeSet[]): string {
  const splits = (['train', 'validation'] as const).filter(split => snapshot[split] > 0)
  // The loader's cache knows a folder by its last name and configuration: through `latest`, a configuration of one name
  // would be answered with the records of an older snapshot.
  const name = snapshot.digest.slice(0, 12)
  const files = splits.map(split => ({ split, path: `${split}.jsonl` }))
  return `${cardHead([{ name, files, features: conversationFeatures(sets) }])}
# ${snapshot.dataset}

SteerLM conversations, one a line. Snapshot \`${snapshot.digest}\`.

| split | records |
|---|---|
| train | ${snapshot.train} |
| validation | ${snapshot.validation} |

Attribute set of the labels:
${sets.map(describeSet).join('\n')}

- \`conversations\`, \`tree_id\`, \`system\`, \`mask\` and \`type\` are what NeMo's chat loader reads; \`label\` is null on a turn that
  has none. \`steerflow\` tells where a record comes from and holds the raw scores before they were rounded to the label.
- Records stand in the order of their id, which is a shuffle that stays the same. Equal paths appear once, and of a tree
  that came several times the last version.
- \`sha256sum -c SHA256SUMS\` checks the files.
`
}
