import { join, resolve } from 'node:path'
import { openLog } from '../adapters/log/open.js'
import { takeRunLock } from '../adapters/processes/run-lock.js'
import { SteerflowError } from '../domain/errors.js'
import { type Log } from '../runtime/log.js'
import { type Config, topicSpecsOf } from './config.js'

/** A data folder with its log open. */
export interface Workspace {
  readonly config: Config
  /** The data folder: shards, datasets, jobs and models are paths below it. */
  readonly root: string
  readonly log: Log
  close(): Promise<void>
}

/**
 * Opens the data folder of a configuration.
 * @param exclusive whether this process is going to run nodes: two such at a time get a message.
 * @throws STEERFLOW_RUN_ACTIVE, and what the log throws.
 */
export async function openWorkspace(config: Config, exclusive = false): Promise<Workspace> {
  const root = resolve(config.dataDir)
  const lock = exclusive ? await takeRunLock(join(root, 'run.lock')) : null
  try {
    const log = await openLog(root, embedded(config))
    await log.ensure(topicSpecsOf(config))
    return {
      config,
      root,
      log,
      close: async () => {
        await log.close()
        await lock?.release()
      },
    }
  } catch (error) {
    await lock?.release()
    throw error
  }
}

/** Records must not go to a place that nobody named. */
function embedded({ log }: Config): { readonly maxBytes: number } {
  if ('kafka' in log) throw new SteerflowError('STEERFLOW_CONFIG_INVALID', 'log.kafka: only the embedded log is here')
  return log
}

/** Runs something with a workspace and closes it. */
export async function inWorkspace<T>(config: Config, work: (workspace: Workspace) => Promise<T>): Promise<T> {
  const workspace = await openWorkspace(config)
  try {
    return await work(workspace)
  } finally {
    await workspace.close()
  }
}
