import { join, resolve } from 'node:path'
import { type KafkaReport } from '../adapters/log/kafka/client-log.js'
import { isShared, openLog } from '../adapters/log/open.js'
import { takeRunLock } from '../adapters/processes/run-lock.js'
import { type FileStore } from '../adapters/storage/file-store.js'
import { openFiles } from '../adapters/storage/open.js'
import { openWire, type OpenedWire } from '../adapters/registry/open.js'
import { type Log } from '../runtime/log.js'
import { makeTopics } from '../runtime/topic-plan.js'
import { type Config, topicSpecsOf } from './config.js'
import { wireSettings } from './wire-settings.js'

/** A data folder with its log open. */
export interface Workspace {
  readonly config: Config
  /** The data folder: datasets, jobs and models are paths below it. */
  readonly root: string
  /** Where shards are kept. */
  readonly files: FileStore
  readonly log: Log
  close(): Promise<void>
}

export interface OpenOptions {
  /** Whether this process is going to run nodes, or to move what they have read: of a log that shares nothing out there can be one. */
  readonly exclusive?: boolean
  /** Whether topics that are missing are made; default true. */
  readonly makeTopics?: boolean
  /** Told what the client of a cluster has to say. */
  readonly report?: KafkaReport
}

/**
 * Opens the data folder of a configuration.
 * @throws STEERFLOW_RUN_ACTIVE, and what the log throws.
 */
export async function openWorkspace(config: Config, options: OpenOptions = {}): Promise<Workspace> {
  const root = resolve(config.dataDir)
  const lock = options.exclusive && !isShared(config.log) ? await takeRunLock(join(root, 'run.lock')) : null
  let log: Log | null = null
  let wire: OpenedWire | null = null
  const close = async (): Promise<void> => {
    await log?.close()
    await wire?.close()
    await lock?.release()
  }
  try {
    if (isShared(config.log)) wire = await openWire(wireSettings(config))
    log = await openLog(root, config.log, { report: options.report, ...(wire && { wire: wire.wire }) })
    if (options.makeTopics ?? true) await makeTopics(log, topicSpecsOf(config))
    return { config, root, files: openFiles(root, config.storage), log, close }
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
