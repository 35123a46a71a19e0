import { SteerflowError } from '../../domain/errors.js'
import { openFiles } from '../../adapters/storage/open.js'
import { annotate } from '../../stages/annotate.js'
import type { ClusterFacts, LogAdmin } from '../../runtime/log-admin.js'
import { Waits } from '../../runtime/waits.js'
import type { Log } from '../../runtime/log.js'
import { topicPlan } from '../../runtime/topic-plan.js'
import type { Node } from '../../stages/node.js'
import { type Config, datasetOf, endpointsOf, topicSpecsOf } from '../config.js'
import { costlyWindow } from '../run/run-pipeline.js'
import {
  brokersReachable,
  offsetsKept,
  transactionsOf,
  replicationOf,
  topicsAsDeclared,
  partitionsFor,
  clockOf,
  newestTimes,
  logBudget,
  nothingAgain,
} from './log.js'
import { type Check, ok, warn } from './check.js'
import { connectProblem, endpointsReachable, registryReachable } from './servers.js'
import { annotateChecks, configChecks, dataChecks, launchChecks, sampleChecks } from './contradictions.js'
import { diskRoom, diskUse, nodeVersion, nodesGoOn, storageUsable } from './machine.js'
import { launchersUsable } from './launchers.js'
import { consequencesOf } from '../run/new-nodes.js'
import { offsetsThere, type Reading, readings, retentionOf } from './reading.js'

/** Check of the SteerLM model servers, if any are configured. */
function sampling(config: Config): readonly Check[] {
  const spec = endpointsOf(config, 'sample')
  return spec ? [{ name: 'sample', look: () => endpointsReachable(spec, connectProblem, 'sample') }] : []
}

/** Checks of this machine, without the log. */
export const machineChecks = (config: Config, root: string, waits = new Waits()): readonly Check[] => [
  { name: 'node', look: () => nodeVersion(process.versions.node) },
  { name: 'disk', look: () => diskRoom(root) },
  { name: 'nodes', look: () => nodesGoOn(root) },
  { name: 'disk use', look: () => diskUse(root) },
  {
    name: 'storage',
    look: () => storageUsable(openFiles(root, config.storage), config.storage.s3 !== undefined),
  },
  ...configChecks(config, waits),
  { name: 'endpoints', look: () => endpointsReachable(endpointsOf(config, 'annotate')) },
  ...annotateChecks(config),
  ...sampling(config),
  ...sampleChecks(config),
  { name: 'registry', look: () => registryReachable(config.registry) },
  { name: 'launchers', look: () => launchersUsable(config) },
  ...launchChecks(config),
]

/** Check for a log that failed to open. Before the first record there is no log, which is not a failure. */
export const closedLog = (error: unknown): Check => ({
  name: 'log',
  look: () => {
    if (error instanceof SteerflowError && error.code === 'STEERFLOW_DATA_ABSENT')
      return warn(error.message, error.next)
    throw error
  },
})

/** Checks of the log, and of its brokers. */
export function logChecks(config: Config, log: Log): readonly Check[] {
  const nodes = once(() => readings(log, config.flow.nodes, node => heldMs(config, node)))
  return [
    { name: 'log', look: () => ok(`${log.features.name} log opened`) },
    ...(log.usage ? [{ name: 'log budget', look: () => logBudget(log.usage!()) }] : []),
    ...(log.admin ? clusterChecks(config, log, log.admin, nodes) : []),
    { name: 'partitions', look: () => partitions(config, log) },
    ...dataChecks(config, log),
    { name: 'offsets', look: async () => offsetsThere(await nodes()) },
    { name: 'new nodes', look: async () => nothingAgain(await consequencesOf(config, log)) },
    {
      name: 'clock',
      look: async () => {
        const topics = (await log.topics()).map(({ name }) => name)
        return clockOf(await newestTimes(log, topics), Date.now())
      },
    },
  ]
}

function clusterChecks(
  config: Config,
  log: Log,
  admin: LogAdmin,
  nodes: () => Promise<readonly Reading[]>,
): readonly Check[] {
  const cluster = once<ClusterFacts>(() => admin.cluster())
  return [
    { name: 'brokers', look: async () => brokersReachable(await cluster()) },
    { name: 'transactions', look: async () => transactionsOf(await cluster()) },
    { name: 'topics', look: async () => topicsAsDeclared(await topicPlan(log, topicSpecsOf(config))) },
    { name: 'replication', look: async () => replicationOf(await admin.stored()) },
    { name: 'offsets kept', look: async () => offsetsKept(await cluster()) },
    {
      name: 'retention',
      look: async () => {
        const kept = new Map((await admin.stored()).map(({ name, settings }) => [name, settings.get('retention.ms')]))
        const retentionMs = (topic: string): number | null => {
          const ms = Number(kept.get(topic) ?? -1)
          return ms < 0 ? null : ms
        }
        return retentionOf(await nodes(), retentionMs, Date.now())
      },
    },
  ]
}

async function partitions(config: Config, log: Log) {
  const topic = config.flow.nodes.find(({ stage }) => stage.name === annotate.name)!.from.name
  const declared = topicSpecsOf(config)
  const { partitions } = [...(await log.topics()), ...declared].find(({ name }) => name === topic)!
  const { concurrency } = config.annotate
  return partitionsFor({ topic, partitions, concurrency, window: costlyWindow }, log.features.sharesPartitions)
}

/** How long a node holds records before it commits them, in milliseconds. */
const heldMs = (config: Config, { stage, fixed }: Node): number =>
  stage.kind === 'closing' ? datasetOf(config, String(fixed.dataset)).seal.ageSeconds * 1000 : 0

/** Calls `ask` once, at the first use, and shares the result. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null
  return () => (asked ??= ask())
}
