import type { Split } from '../conversation.js'
import { cardHead, describeSet } from '../dataset/card.js'
import type { Encoder, ExportContext } from './export-format.js'

/** The result of an export. */
export interface ExportResult {
  readonly rows: Readonly<Record<Split, number>>
  /** How often something was left out or changed, by its description. */
  readonly counts: Readonly<Record<string, number>>
}

/** The card (README.md) of an export, for `load_dataset` and for people. */
export function exportCard(
  format: string,
  { snapshot, attributeSets }: ExportContext,
  { features, about }: Encoder,
  { rows, counts }: ExportResult,
): string {
  const splits = (['train', 'validation'] as const).filter(split => rows[split] > 0)
  const files = (splits.length > 0 ? splits : (['train'] as const)).map(split => ({ split, path: `${split}.jsonl` }))
  // The digest is part of the name, since a loader's cache identifies a folder by its own name and this one only.
  const head = cardHead([{ name: `${format}-${snapshot.digest.slice(0, 12)}`, files, features }])
  const changed = Object.entries(counts).map(([what, count]) => `- ${what}: ${count}`)
  return `${head}
# ${snapshot.dataset} as ${format}

Made by \`steerflow datasets export --format ${format}\` from snapshot \`${snapshot.digest}\` of the dataset
${snapshot.dataset}.

| split | records of the snapshot | rows |
|---|---|---|
| train | ${snapshot.train} | ${rows.train} |
| validation | ${snapshot.validation} | ${rows.validation} |

${about.join('\n\n')}

Left out or changed:

${changed.length > 0 ? changed.join('\n') : '- nothing'}

Attribute sets of the labels:

${attributeSets.map(describeSet).join('\n')}

\`sha256sum -c SHA256SUMS\` checks the files.
`
}
