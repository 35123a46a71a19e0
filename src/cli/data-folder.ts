import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isShared } from '../adapters/log/open.js'
import { SteerflowError } from '../domain/errors.js'
import { shellWord } from '../domain/shell-word.js'
import type { Log } from '../runtime/log.js'
import { type Config, topicSpecsOf } from './config.js'

/** True if the data folder shows that the log was created. A Kafka log counts as created. */
export const isBegun = ({ dataDir, log }: Config): boolean => isShared(log) || existsSync(join(resolve(dataDir), 'log'))

/**
 * Rejects a data folder that this user may not use. Without this check it looks empty, or absent.
 * @param use `create`: the command writes, and creates a missing folder; the embedded log is written to by every command
 * @throws STEERFLOW_INPUT_NOT_FOUND with the folder, its owner and the user of this process
 */
export function refuseForeign({ dataDir, log }: Config, use: Use): void {
  const root = resolve(dataDir)
  if (isShared(log)) return refuse(root, root, use)
  refuse(root, root, use === 'read' ? 'write' : use)
  refuse(join(root, 'log'), root, 'write')
}

type Use = 'read' | 'write' | 'create'

function refuse(folder: string, root: string, use: Use): void {
  const { R_OK, W_OK, X_OK } = constants
  try {
    accessSync(folder, use === 'read' ? R_OK | X_OK : R_OK | W_OK | X_OK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // A folder that is to be created needs a folder above it that can be written.
    if (code === 'ENOENT' && use === 'create') return refuse(dirname(folder), root, use)
    if (code !== 'EACCES' && code !== 'EPERM') return
    throw foreign(folder, root, cause)
  }
}

function foreign(folder: string, root: string, cause: unknown): SteerflowError {
  const [blamed, { uid, mode }] = nearest(folder)
  const own = process.getuid?.()
  const owner = `${blamed} belongs to user ${uid} with mode ${(mode & 0o777).toString(8)}`
  const way =
    blamed === root || blamed === join(root, 'log')
      ? `run as user ${uid}, or give this user the folder: chown -R ${own} ${shellWord(root)}`
      : 'run as its owner, or name another data folder with --data-dir'
  const message = `${owner}, and this process runs as user ${own}, who may not use it: ${way}`
  return new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', message, { cause })
}

/** The folder itself, or the nearest one above it whose owner this user may see. */
function nearest(folder: string): readonly [string, { readonly uid: number; readonly mode: number }] {
  try {
    return [folder, statSync(folder)]
  } catch (error) {
    if (dirname(folder) === folder) throw error
    return nearest(dirname(folder))
  }
}

/**
 * Rejects a missing data folder before anything is created in it: a mistyped name must not become an empty folder.
 * @throws STEERFLOW_DATA_ABSENT, STEERFLOW_INPUT_NOT_FOUND
 */
export function needDataFolder(config: Config): void {
  refuseForeign(config, 'read')
  if (isBegun(config)) return
  const root = resolve(config.dataDir)
  const what = existsSync(root) ? `${root} is not a data folder: it has no log` : `there is no data folder ${root}`
  throw new SteerflowError('STEERFLOW_DATA_ABSENT', what)
}

/**
 * Like `needDataFolder`, for commands that read only files, not the log.
 * @throws STEERFLOW_DATA_ABSENT, STEERFLOW_INPUT_NOT_FOUND
 */
export function needFolder({ dataDir }: Config): void {
  const root = resolve(dataDir)
  refuse(root, root, 'read')
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
