import { SteerflowError } from '../../domain/errors.js'
import type { SchemaRegistry } from './registry.js'
import { type SchemaIndex, subjectOf } from './schema-index.js'

/**
 * State of a committed version in a registry.
 * - `registered`: it is registered
 * - `passed over`: only a later version is registered; it is never registered after that one
 * - `missing`: it could be registered
 * - `incompatible`: the registry would reject it, or has rejected it
 */
export type SchemaState = 'registered' | 'passed over' | 'missing' | 'incompatible'

export interface SchemaStatus {
  readonly topic: string
  readonly subject: string
  readonly version: number
  readonly state: SchemaState
  /** The registry's id, if registered. */
  readonly id: number | null
  /** The compatibility level of the subject; null if none is set for it. */
  readonly compatibility: string | null
  /** The registry's reason, or why it was not queried. */
  readonly detail: string
}

/** Compares the committed versions of a topic's schema with its subject; changes nothing. */
export async function compareSchemas(
  registry: SchemaRegistry,
  index: SchemaIndex,
  namespace: string,
  topic: string,
): Promise<readonly SchemaStatus[]> {
  const subject = subjectOf(topic, namespace)
  const compatibility = await registry.compatibility(subject)
  const versions = index.versions(topic)
  const ids = await Promise.all(versions.map(entry => registry.idOf(subject, index.text(entry))))
  const last = ids.findLastIndex(id => id !== null)
  const statusOf = async (at: number): Promise<Pick<SchemaStatus, 'state' | 'detail'>> => {
    if (ids[at] !== null) return { state: 'registered', detail: '' }
    if (at < last) return { state: 'passed over', detail: 'a later version is registered' }
    if (at > last + 1) return { state: 'missing', detail: 'can be compared once the version before is registered' }
    if (await registry.takes(subject, index.text(versions[at]!))) return { state: 'missing', detail: '' }
    return { state: 'incompatible', detail: 'with the latest version of the subject; register shows why' }
  }
  return Promise.all(
    versions.map(async ({ version }, at) => ({
      topic,
      subject,
      version,
      id: ids[at] ?? null,
      compatibility,
      ...(await statusOf(at)),
    })),
  )
}

/**
 * Registers the committed versions of a topic's schema that its subject lacks, oldest first, up to the first that is
 * rejected. A subject without a compatibility level gets BACKWARD.
 */
export async function publishSchemas(
  registry: SchemaRegistry,
  index: SchemaIndex,
  namespace: string,
  topic: string,
): Promise<readonly SchemaStatus[]> {
  const before = await compareSchemas(registry, index, namespace, topic)
  const after: SchemaStatus[] = []
  let compatibility = before[0]?.compatibility ?? null
  if (compatibility === null) {
    await registry.checkBackward(subjectOf(topic, namespace))
    compatibility = 'BACKWARD'
  }
  let refused = false
  for (const status of before) {
    const entry = index.versions(topic).find(({ version }) => version === status.version)!
    const wanted = !refused && (status.state === 'missing' || status.state === 'incompatible')
    const done = wanted ? await register(registry, status.subject, index.text(entry)) : {}
    after.push({ ...status, compatibility, ...done })
    refused ||= after.at(-1)!.state === 'incompatible'
  }
  return after
}

async function register(registry: SchemaRegistry, subject: string, text: string): Promise<Partial<SchemaStatus>> {
  try {
    return { state: 'registered', id: await registry.register(subject, text), detail: 'registered now' }
  } catch (error) {
    if (!(error instanceof SteerflowError) || error.code !== 'STEERFLOW_SCHEMA_INCOMPATIBLE') throw error
    return { state: 'incompatible', detail: error.cause instanceof Error ? error.cause.message : error.message }
  }
}
