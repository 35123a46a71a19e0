import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isShared } from '../adapters/log/open.js'
import { SteerflowError } from '../domain/errors.js'
import type { Log } from '../runtime/log.js'
import { type Config, topicSpecsOf } from './config.js'

/** True if the data folder shows that the log was created. A Kafka log counts as created. */
export const isBegun = ({ dataDir, log }: Config): boolean => isShared(log) || existsSync(join(resolve(dataDir), 'log'))

/**
 * Rejects a missing data folder before anything is created in it: a mistyped name must not become an empty folder.
 * @throws STEERFLOW_DATA_ABSENT
 */
export function needDataFolder(config: Config): void {
  if (isBegun(config)) return
  const root = resolve(config.dataDir)
  const what = existsSync(root) ? `${root} is not a data folder: it has no log` : `there is no data folder ${root}`
  throw new SteerflowError('STEERFLOW_DATA_ABSENT', what)
}

/**
 * Like `needDataFolder`, for commands that read only files, not the log.
 * @throws STEERFLOW_DATA_ABSENT
 */
export function needFolder({ dataDir }: Config): void {
  const root = resolve(dataDir)
  if (!existsSync(root)) throw new SteerflowError('STEERFLOW_DATA_ABSENT', `there is no data folder ${root}`)
}

/**
 * Like `needDataFolder`, for a cluster: rejects a namespace without any topic.
 * @throws STEERFLOW_DATA_ABSENT
 */
export async function needNamespace(config: Config, log: Log): Promise<void> {
  if (!isShared(config.log)) return
  const stored = new Set((await log.topics()).map(({ name }) => name))
  if (topicSpecsOf(config).some(({ name }) => stored.has(name))) return
  const { brokers, namespace } = config.log.kafka
  const where = namespace === '' ? 'without a namespace' : `in the namespace ${namespace}`
  throw new SteerflowError('STEERFLOW_DATA_ABSENT', `there is no topic ${where} on ${brokers.join(', ')}`)
}
