import { join } from 'node:path'
import type { Log } from '../../runtime/log.js'
import { bare, type Wire } from '../../runtime/wire.js'
import { openEmbeddedLog } from './embedded/log.js'
import type { KafkaReport } from './kafka/client-log.js'
import type { KafkaSettings } from './kafka/settings.js'

/** Settings of the embedded log, with its budget, or of a Kafka cluster. */
export type LogSettings = { readonly maxBytes?: number } | { readonly kafka: KafkaSettings }

/** True if the log is on a cluster that other processes share. */
export const isShared = (settings: LogSettings): settings is { readonly kafka: KafkaSettings } => 'kafka' in settings

export interface SharedLogOptions {
  /** Framing of values; none by default. */
  readonly wire?: Wire
  /** Receives the log of the client. */
  readonly report?: KafkaReport | undefined
}

/**
 * Opens the log of a data folder, or of a cluster; kafkajs is loaded only for the latter.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_LOG_CORRUPT, STEERFLOW_KAFKA_UNREACHABLE, STEERFLOW_KAFKA_REFUSED
 */
export async function openLog(
  root: string,
  settings: LogSettings = {},
  { wire = bare, report }: SharedLogOptions = {},
): Promise<Log> {
  if (!isShared(settings)) return openEmbeddedLog({ dir: join(root, 'log'), ...settings })
  const { openKafkaLog } = await import('./kafka/log.js')
  return openKafkaLog(settings.kafka, wire, report)
}
