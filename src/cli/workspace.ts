import { join, resolve } from 'node:path'
import { openLog } from '../adapters/log/open.js'
import { takeRunLock } from '../adapters/processes/run-lock.js'
import { type Log } from '../runtime/log.js'
import { makeTopics } from '../runtime/topic-plan.js'
import { type Config, topicSpecsOf } from './config.js'

/** A data folder with its log open. */
export interface Workspace {
  readonly config: Config
  /** The data folder: shards, datasets, jobs and models are paths below it. */
  readonly root: string
  readonly log: Log
  close(): Promise<void>
}

export interface OpenOptions {
  /** Whether this process is going to run nodes: two such at a time get a message, where partitions are not shared. */
  readonly exclusive?: boolean
  /** Whether topics that are missing are made; default true. */
  readonly makeTopics?: boolean
}

/**
 * Opens the data folder of a configuration.
 * @throws STEERFLOW_RUN_ACTIVE, and what the log throws.
 */
export async function openWorkspace(config: Config, options: OpenOptions = {}): Promise<Workspace> {
  const root = resolve(config.dataDir)
  const log = await openLog(root, { maxBytes: config.log.maxBytes })
  let lock: Awaited<ReturnType<typeof takeRunLock>> | null = null
  const close = async (): Promise<void> => {
    await log.close()
    await lock?.release()
  }
  try {
    if (options.exclusive && !log.features.sharesPartitions) lock = await takeRunLock(join(root, 'run.lock'))
    if (options.makeTopics ?? true) await makeTopics(log, topicSpecsOf(config))
    return { config, root, log, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Runs something with a workspace and closes it. */
export async function inWorkspace<T>(
  config: Config,
  work: (workspace: Workspace) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const workspace = await openWorkspace(config, options)
  try {
    return await work(workspace)
  } finally {
    await workspace.close()
  }
}
