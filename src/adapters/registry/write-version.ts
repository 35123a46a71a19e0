import { SteerflowError } from '../../domain/errors.js'
import type { SchemaEntry, SchemaIndex } from './schema-index.js'

/** The schema version to write: the latest of every topic, or a number for some and the latest for the others. */
export type WriteVersion = 'latest' | Readonly<Record<string, number | 'latest' | undefined>>

/**
 * The version of a topic's schema to write.
 * @throws STEERFLOW_CONFIG_INVALID if the topic has no such version.
 */
export function writtenVersion(index: SchemaIndex, topic: string, pinned: WriteVersion): SchemaEntry {
  const versions = index.versions(topic)
  const wanted = pinned === 'latest' ? 'latest' : (pinned[topic] ?? 'latest')
  const entry = wanted === 'latest' ? versions.at(-1) : versions.find(({ version }) => version === wanted)
  if (entry) return entry
  const there = versions.map(({ version }) => version).join(', ')
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `records.writeVersion: ${topic} has the versions ${there}`)
}
