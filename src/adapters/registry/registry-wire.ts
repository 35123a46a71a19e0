import { SteerflowError } from '../../domain/errors.js'
import type { Wire } from '../../runtime/wire.js'
import { committedIds, refusedByIndex } from './committed-index.js'
import { framedWire } from './framed-wire.js'
import { Lookups } from './lookups.js'
import { publishSchemas } from './publish-schemas.js'
import type { SchemaRegistry } from './registry.js'
import { type SchemaIndex, subjectOf } from './schema-index.js'
import { type WriteVersion, writtenVersion } from './write-version.js'

export interface RegistryWireOptions {
  readonly registry: SchemaRegistry
  readonly index: SchemaIndex
  /** Prefix of subjects, before a dot: the namespace of the topics. */
  readonly namespace: string
  readonly pinned: WriteVersion
  /** Register missing schemas instead of failing. */
  readonly autoRegister: boolean
}

/**
 * A wire with the ids of a registry. The schemas are the committed files, never derived from records; ids are requested
 * once, so that the registry may go away afterwards. Ids of the committed index are also readable: they are in records
 * from before there was a registry.
 * @throws STEERFLOW_SCHEMA_UNREGISTERED, STEERFLOW_SCHEMA_INCOMPATIBLE (registering), STEERFLOW_CONFIG_INVALID,
 *   STEERFLOW_REGISTRY_DOWN, STEERFLOW_REGISTRY_REFUSED
 */
export async function openRegistryWire(options: RegistryWireOptions): Promise<Wire> {
  const { registry, index, namespace } = options
  const opened = await Promise.all(
    index.topics.map(async topic => {
      if (options.autoRegister) await registerAll(options, topic)
      return [topic, await idsOf(options, topic)] as const
    }),
  )
  const topics = new Map(opened)
  const lookups = new Lookups(registry, index, namespace)
  return framedWire(topics, async (topic, id) => {
    const refused = refusedByIndex(index, topic, id)
    if (refused) throw refused
    await lookups.mayRead(topic, id)
    topics.get(topic)!.read.add(id)
  })
}

/** @throws STEERFLOW_SCHEMA_INCOMPATIBLE with the registry's reason. */
async function registerAll({ registry, index, namespace }: RegistryWireOptions, topic: string): Promise<void> {
  const statuses = await publishSchemas(registry, index, namespace, topic)
  const refused = statuses.find(({ state }) => state === 'incompatible')
  if (!refused) return
  const { subject, version, detail } = refused
  throw new SteerflowError('STEERFLOW_SCHEMA_INCOMPATIBLE', `${subject}: version ${version}: ${detail}`)
}

/** The id of the version to write, which must be registered, and of all other registered versions. */
async function idsOf({ registry, index, namespace, pinned }: RegistryWireOptions, topic: string) {
  const subject = subjectOf(topic, namespace)
  const written = writtenVersion(index, topic, pinned)
  const read = new Set(committedIds(index, topic))
  let write: number | null = null
  for (const entry of index.versions(topic)) {
    const id = await registry.idOf(subject, index.text(entry))
    if (id !== null) read.add(id)
    if (entry === written) write = id
  }
  if (write !== null) return { write, read }
  throw new SteerflowError('STEERFLOW_SCHEMA_UNREGISTERED', `${subject}: version ${written.version} is not registered`)
}
