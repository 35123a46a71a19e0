import type { Wire } from '../../runtime/wire.js'
import { committedWire } from './committed-index.js'
import { openRegistry } from './confluent.js'
import { openRegistryWire } from './registry-wire.js'
import type { RegistrySettings } from './registry.js'
import { openSchemaIndex } from './schema-index.js'
import type { WriteVersion } from './write-version.js'

export interface WireSettings {
  /** Prefix of the cluster's topics and subjects, before a dot. */
  readonly namespace: string
  readonly pinned: WriteVersion
  /** Without a url the ids are those of the committed index. */
  readonly registry: RegistrySettings & { readonly autoRegister: boolean }
}

export interface OpenedWire {
  readonly wire: Wire
  close(): Promise<void>
}

/**
 * The wire of a log with framed values: with the ids of a registry if one is configured, otherwise with those of
 * `schemas/index.json`. All programs of a namespace need the same configuration.
 * @throws STEERFLOW_CONFIG_INVALID, STEERFLOW_PACKAGE_MISSING, STEERFLOW_SCHEMA_UNREGISTERED,
 *   STEERFLOW_SCHEMA_INCOMPATIBLE, STEERFLOW_REGISTRY_DOWN, STEERFLOW_REGISTRY_REFUSED
 */
export async function openWire({ namespace, pinned, registry: settings }: WireSettings): Promise<OpenedWire> {
  const index = openSchemaIndex()
  if (settings.url === '') return { wire: committedWire(index, pinned), close: async () => undefined }
  const registry = await openRegistry(settings)
  try {
    const { autoRegister } = settings
    const wire = await openRegistryWire({ registry, index, namespace, pinned, autoRegister })
    return { wire, close: () => registry.close() }
  } catch (error) {
    await registry.close()
    throw error
  }
}
