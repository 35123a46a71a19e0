import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isShared } from '../adapters/log/open.js'
import { SteerflowError } from '../domain/errors.js'
import type { Log } from '../runtime/log.js'
import { type Config, topicSpecsOf } from './config.js'

/** Whether the log of a configuration was ever begun, as far as the data folder tells. */
export const isBegun = ({ dataDir, log }: Config): boolean => isShared(log) || existsSync(join(resolve(dataDir), 'log'))

/**
 * Refuses a data folder that is not there, before anything is made in it: a mistyped name is no empty folder.
 * @throws STEERFLOW_DATA_ABSENT
 */
export function needDataFolder(config: Config): void {
  if (isBegun(config)) return
  const root = resolve(config.dataDir)
  const what = existsSync(root) ? `${root} is no data folder: it holds no log` : `there is no data folder ${root}`
  throw new SteerflowError('STEERFLOW_DATA_ABSENT', what)
}

/**
 * The same for who reads files of the folder alone, and no log.
 * @throws STEERFLOW_DATA_ABSENT
 */
export function needFolder({ dataDir }: Config): void {
  const root = resolve(dataDir)
  if (!existsSync(root)) throw new SteerflowError('STEERFLOW_DATA_ABSENT', `there is no data folder ${root}`)
}

/**
 * The same of the namespace of a cluster: none of its topics is there.
 * @throws STEERFLOW_DATA_ABSENT
 */
export async function needNamespace(config: Config, log: Log): Promise<void> {
  if (!isShared(config.log)) return
  const stored = new Set((await log.topics()).map(({ name }) => name))
  if (topicSpecsOf(config).some(({ name }) => stored.has(name))) return
  const { brokers, namespace } = config.log.kafka
  const where = namespace === '' ? 'without a namespace' : `of the namespace ${namespace}`
  throw new SteerflowError('STEERFLOW_DATA_ABSENT', `there is no topic ${where} on ${brokers.join(', ')}`)
}
