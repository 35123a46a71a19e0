import { join, resolve } from 'node:path'
import { isShared, openLog } from '../adapters/log/open.js'
import { takeRunLock } from '../adapters/processes/run-lock.js'
import { type Log, type TopicSpec } from '../runtime/log.js'
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
 * @param exclusive whether this process is going to run nodes: of a log that shares nothing out there can be one.
 * @throws STEERFLOW_RUN_ACTIVE, and what the log throws.
 */
export async function openWorkspace(config: Config, exclusive = false): Promise<Workspace> {
  const root = resolve(config.dataDir)
  const lock = exclusive && !isShared(config.log) ? await takeRunLock(join(root, 'run.lock')) : null
  try {
    const log = await openLog(root, config.log)
    await log.ensure(await wantedTopics(log, config))
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

/** On a log of others partitions grow only when an operator says so: keys move to other partitions then. */
async function wantedTopics(log: Log, config: Config): Promise<readonly TopicSpec[]> {
  const wanted = topicSpecsOf(config)
  if (!log.features.sharesPartitions) return wanted
  const known = new Map((await log.topics()).map(spec => [spec.name, spec.partitions]))
  return wanted.map(spec => ({ ...spec, partitions: known.get(spec.name) ?? spec.partitions }))
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
