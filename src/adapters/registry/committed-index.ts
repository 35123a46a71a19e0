import { SteerflowError } from '../../domain/errors.js'
import type { Wire } from '../../runtime/wire.js'
import { framedWire, type SchemaIds } from './framed-wire.js'
import type { SchemaIndex } from './schema-index.js'
import { type WriteVersion, writtenVersion } from './write-version.js'

/**
 * A wire without a registry: the ids are those of `schemas/index.json`. Versions that are newer than this program are
 * unknown to it, so newer writers have to pin `records.writeVersion` until every reader is as new.
 * @throws STEERFLOW_CONFIG_INVALID if a pinned version does not exist.
 */
export function committedWire(index: SchemaIndex, pinned: WriteVersion): Wire {
  const topics = new Map<string, SchemaIds>(
    index.topics.map(topic => [
      topic,
      { write: writtenVersion(index, topic, pinned).id, read: committedIds(index, topic) },
    ]),
  )
  return framedWire(topics, async (topic, id) => {
    throw refusedByIndex(index, topic, id) ?? unknownId(topic, id)
  })
}

export const committedIds = (index: SchemaIndex, topic: string): ReadonlySet<number> =>
  new Set(index.versions(topic).map(({ id }) => id))

/** The error if a committed id belongs to another topic; null if it is not a committed id. */
export function refusedByIndex(index: SchemaIndex, topic: string, id: number): SteerflowError | null {
  const owner = index.topics.find(other => committedIds(index, other).has(id))
  if (owner === undefined) return null
  return new SteerflowError('STEERFLOW_SCHEMA_INCOMPATIBLE', `${topic}: schema ${id} is one of ${owner}`)
}

export const unknownId = (topic: string, id: number): SteerflowError =>
  new SteerflowError('STEERFLOW_SCHEMA_UNKNOWN', `${topic}: there is no schema ${id}`)
