import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { KafkaReport } from '../adapters/log/kafka/client-log.js'
import { isShared, openLog } from '../adapters/log/open.js'
import { takeRunLock } from '../adapters/processes/run-lock.js'
import type { FileStore } from '../adapters/storage/file-store.js'
import { openFiles } from '../adapters/storage/open.js'
import { openWire } from '../adapters/registry/open.js'
import type { Log } from '../runtime/log.js'
import { onlooker } from '../runtime/onlooker.js'
import { makeTopics } from '../runtime/topic-plan.js'
import { type Config, topicSpecsOf } from './config.js'
import { openedTogether } from './run/closers.js'
import { isBegun, needDataFolder, needNamespace } from './data-folder.js'
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
  /** Whether a data folder, or a namespace of a cluster, that is not there is begun; otherwise it is an error. */
  readonly begins?: boolean
  /**
   * Whether this process only looks on: then nothing is made, and brokers that answer nothing are waited for some seconds
   * and not for their whole time-out.
   */
  readonly looks?: boolean
  /** Whether topics that are missing are made, and a namespace that has none is an error; default true. */
  readonly makeTopics?: boolean
  /** Told what the client of a cluster has to say. */
  readonly report?: KafkaReport
}

/**
 * Opens the data folder of a configuration.
 * @throws STEERFLOW_DATA_ABSENT, STEERFLOW_RUN_ACTIVE, and what the log throws.
 */
export async function openWorkspace(config: Config, options: OpenOptions = {}): Promise<Workspace> {
  const root = resolve(config.dataDir)
  if (!options.begins) needDataFolder(config)
  return openedTogether(async closers => {
    if (options.exclusive && !isShared(config.log))
      closers.add(await takeRunLock(join(root, 'run.lock')), lock => lock.release())
    const wire = isShared(config.log)
      ? closers.add(await openWire(wireSettings(config)), opened => opened.close())
      : null
    const log = closers.add(
      await openLog(root, options.looks ? impatient(config.log) : config.log, {
        report: options.report,
        ...(wire && { wire: wire.wire }),
      }),
      opened => opened.close(),
    )
    if (options.makeTopics ?? true) {
      if (!options.begins) await needNamespace(config, log)
      if (!options.looks) await makeTopics(log, topicSpecsOf(config))
    }
    const seen = options.looks ? onlooker(log, topicSpecsOf(config)) : log
    return { config, root, files: openFiles(root, config.storage), log: seen, close: () => closers.close() }
  })
}

/** How long somebody who only looks on waits for an answer of a broker, in milliseconds. */
const lookMs = 5000

const impatient = (log: Config['log']): Config['log'] =>
  isShared(log) ? { kafka: { ...log.kafka, requestTimeoutMs: Math.min(log.kafka.requestTimeoutMs, lookMs) } } : log

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

/**
 * The same for a command that only looks on: nothing is made, neither a folder nor a topic.
 * @param options.scratch whether the work can do without a data folder: where there is none it gets an empty one for as long
 */
export async function lookInWorkspace<T>(
  config: Config,
  work: (workspace: Workspace) => Promise<T>,
  { scratch = () => false }: { readonly scratch?: (config: Config) => boolean } = {},
): Promise<T> {
  if (!scratch(config) || isBegun(config)) return inWorkspace(config, work, { looks: true })
  const dataDir = await mkdtemp(join(tmpdir(), 'steerflow-'))
  try {
    return await inWorkspace({ ...config, dataDir }, work, { begins: true })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}
