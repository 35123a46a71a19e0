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
import { isBegun, needDataFolder, needNamespace, refuseForeign } from './data-folder.js'
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
  /**
   * True if this process runs nodes or moves their offsets. On a log that does not share partitions only one such process
   * may exist.
   */
  readonly exclusive?: boolean
  /** True to create a missing data folder or cluster namespace; otherwise it is an error. */
  readonly begins?: boolean
  /**
   * True for a read-only process: it creates nothing, and waits some seconds for silent brokers instead of the full timeout.
   */
  readonly looks?: boolean
  /** True to create missing topics, and to reject a namespace without topics; default true. */
  readonly makeTopics?: boolean
  /** Receives messages of the Kafka client. */
  readonly report?: KafkaReport
}

/**
 * Opens the data folder of a configuration.
 * @throws STEERFLOW_DATA_ABSENT, STEERFLOW_RUN_ACTIVE, and the errors of the log
 */
export async function openWorkspace(config: Config, options: OpenOptions = {}): Promise<Workspace> {
  const root = resolve(config.dataDir)
  if (options.begins) refuseForeign(config, 'create')
  else if (options.exclusive) refuseForeign(config, 'write')
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

/** How long a read-only process waits for an answer of a broker, in milliseconds. */
const lookMs = 5000

const impatient = (log: Config['log']): Config['log'] =>
  isShared(log) ? { kafka: { ...log.kafka, requestTimeoutMs: Math.min(log.kafka.requestTimeoutMs, lookMs) } } : log

/** Runs a function with a workspace and closes it. */
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
 * Like `inWorkspace`, for a read-only command: it creates neither folders nor topics.
 * @param options.scratch true if the work needs no data folder: if it is missing, the work gets an empty temporary one
 */
export async function lookInWorkspace<T>(
  config: Config,
  work: (workspace: Workspace) => Promise<T>,
  { scratch = () => false }: { readonly scratch?: (config: Config) => boolean } = {},
): Promise<T> {
  refuseForeign(config, 'read')
  if (!scratch(config) || isBegun(config)) return inWorkspace(config, work, { looks: true })
  const dataDir = await mkdtemp(join(tmpdir(), 'steerflow-'))
  try {
    return await inWorkspace({ ...config, dataDir }, work, { begins: true })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}
