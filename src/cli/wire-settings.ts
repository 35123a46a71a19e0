import { z } from 'zod'
import { type WireSettings } from '../adapters/registry/open.js'
import { type Config } from './config.js'

const KafkaLog = z.object({ kafka: z.object({ namespace: z.string() }) })

/** What the names of a cluster's topics, groups and subjects begin with. */
export function namespaceOf(config: Config): string {
  const parsed = KafkaLog.safeParse(config.log)
  return parsed.success ? parsed.data.kafka.namespace : 'steerflow'
}

/** What the wire of a Kafka log needs to know of the configuration. */
export const wireSettings = (config: Config): WireSettings => ({
  namespace: namespaceOf(config),
  pinned: config.records.writeVersion,
  registry: config.registry,
})
