import { firstCommittedId, type SchemaEntry, subjectOf } from '../src/adapters/registry/schema-index.js'
import { sha256 } from '../src/domain/digest.js'

/** The schema that a topic is written with now. */
export interface CurrentSchema {
  readonly topic: string
  /** Name of its file, without folder and extension. */
  readonly name: string
  readonly text: string
}

/** `versions/<name>.<n>.json` → n, for one name. */
const numberOf = (file: string, name: string): number =>
  Number(new RegExp(`^versions/${name}\\.(\\d+)\\.json$`).exec(file)?.[1] ?? 0)

/**
 * The index with a version more for every topic whose schema is no longer what its last version says. What is there
 * stays as it is: records with these ids are in the world. A text has one id and one file, whichever topics share it.
 */
export function extendIndex(committed: readonly SchemaEntry[], current: readonly CurrentSchema[]): SchemaEntry[] {
  const entries = [...committed]
  for (const { topic, name, text } of current) {
    const subject = subjectOf(topic)
    const digest = sha256(text)
    const last = entries.findLast(entry => entry.subject === subject)
    if (last?.digest === digest) continue
    const same = entries.find(entry => entry.digest === digest)
    const highest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0)
    entries.push({
      id: same?.id ?? Math.max(firstCommittedId, highest(entries.map(entry => entry.id)) + 1),
      subject,
      version: (last?.version ?? 0) + 1,
      file: same?.file ?? `versions/${name}.${highest(entries.map(entry => numberOf(entry.file, name))) + 1}.json`,
      digest,
    })
  }
  return entries
}
