import { KafkaSettings } from '../adapters/log/kafka/settings.js'
import { isShared } from '../adapters/log/open.js'
import type { WireSettings } from '../adapters/registry/open.js'
import type { Config } from './config.js'

/** Prefix of a cluster's topics, groups and subjects. */
export const namespaceOf = ({ log }: Config): string =>
  isShared(log) ? log.kafka.namespace : KafkaSettings.shape.namespace.parse(undefined)

/** The settings that encode and decode records on Kafka. */
export const wireSettings = (config: Config): WireSettings => ({
  namespace: namespaceOf(config),
  pinned: config.records.writeVersion,
  registry: config.registry,
})
