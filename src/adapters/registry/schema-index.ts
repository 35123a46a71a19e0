import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { SteerflowError } from '../../domain/errors.js'

/**
 * `schemas/index.json`: every version that the schema of a topic ever had, with an id that never changes. Ids belong to
 * texts, as in a registry: topics with the same schema share its id.
 */
export const SchemaEntry = z.strictObject({
  id: z.int().positive(),
  subject: z.string().endsWith('-value'),
  version: z.int().positive(),
  /** Below `schemas/`. */
  file: z.string(),
  /** sha256 of the file. */
  digest: z.string(),
})
export type SchemaEntry = z.output<typeof SchemaEntry>

export const SchemaIndexFile = z.strictObject({ schemas: z.array(SchemaEntry) })

/** The first id. Registries count from 1, so that their ids and these never collide in one log. */
export const firstCommittedId = 1_000_000_001

/** The subject of a topic's values: an optional namespace and a dot, the topic's name, and `-value`. */
export const subjectOf = (topic: string, namespace?: string): string =>
  `${namespace === undefined ? '' : `${namespace}.`}${topic}-value`

/** The versions of each topic's schema, and their texts. */
export interface SchemaIndex {
  /** Every topic whose records have a schema. */
  readonly topics: readonly string[]
  /** Oldest first; none for a topic without a schema. */
  versions(topic: string): readonly SchemaEntry[]
  /** The text of an entry's file. @throws STEERFLOW_INPUT_NOT_FOUND */
  text(entry: SchemaEntry): string
}

/**
 * The index of this package; `folder` is for tests. @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_BUG if it is damaged.
 */
export function openSchemaIndex(folder = new URL('../../../schemas/', import.meta.url)): SchemaIndex {
  const read = (file: string): string => {
    try {
      return readFileSync(new URL(file, folder), 'utf8')
    } catch (cause) {
      throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `schemas/${file} is missing from the package`, { cause })
    }
  }
  return schemaIndex(SchemaIndexFile.parse(JSON.parse(read('index.json'))).schemas, entry => read(entry.file))
}

export function schemaIndex(entries: readonly SchemaEntry[], text: (entry: SchemaEntry) => string): SchemaIndex {
  const byTopic = new Map<string, SchemaEntry[]>()
  for (const entry of entries) {
    const topic = entry.subject.slice(0, -'-value'.length)
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), entry])
  }
  for (const versions of byTopic.values()) versions.sort((a, b) => a.version - b.version)
  return { topics: [...byTopic.keys()], versions: topic => byTopic.get(topic) ?? [], text }
}
