import { openFiles } from '../../adapters/storage/open.js'
import { pipeline } from '../../pipeline.js'
import { type ClusterFacts, type LogAdmin } from '../../runtime/log-admin.js'
import { type Log } from '../../runtime/log.js'
import { topicPlan } from '../../runtime/topic-plan.js'
import { type Node } from '../../stages/bind.js'
import { type Config, datasetOf, endpointsOf, topicSpecsOf } from '../config.js'
import { shippedTokenizer } from '../run/capabilities.js'
import { costlyWindow } from '../run/run-pipeline.js'
import { brokersReachable, offsetsKept, transactionsOf } from './brokers.js'
import { logBudget } from './budget.js'
import { type Check, ok } from './check.js'
import { connectProblem } from './connect.js'
import { clockOf, newestTimes } from './clock.js'
import { diskRoom } from './disk.js'
import { endpointsReachable } from './endpoints.js'
import { launchersUsable } from './launchers.js'
import { nodeVersion } from './node-version.js'
import { partitionsFor } from './partitions.js'
import { offsetsThere, type Reading, readings, retentionOf } from './reading.js'
import { storageUsable } from './storage.js'
import { tokenizerFile } from './tokenizer.js'
import { replicationOf, topicsAsDeclared } from './topics.js'
import { registryReachable } from './registry.js'

/** The servers of the SteerLM model, where there are any. */
function sampling({ sample }: Config): readonly Check[] {
  const spec = endpointsOf(sample)
  return spec ? [{ name: 'sample', look: () => endpointsReachable(spec, connectProblem, 'sample') }] : []
}

/** Checks of this machine, which need no log. */
export const machineChecks = (config: Config, root: string): readonly Check[] => [
  { name: 'node', look: () => nodeVersion(process.versions.node) },
  { name: 'disk', look: () => diskRoom(root) },
  {
    name: 'storage',
    look: () => storageUsable(openFiles(root, config.storage), config.storage.s3 !== undefined),
  },
  { name: 'tokenizer', look: () => tokenizerFile(config.clean.tokenizer || shippedTokenizer) },
  { name: 'endpoints', look: () => endpointsReachable(endpointsOf(config.annotate)) },
  ...sampling(config),
  { name: 'registry', look: () => registryReachable(config.registry) },
  { name: 'launchers', look: () => launchersUsable(config) },
]

/** The check of a log that cannot be opened. */
export const closedLog = (error: unknown): Check => ({
  name: 'log',
  look: () => {
    throw error
  },
})

/** Checks of the log, and of the brokers that keep it. */
export function logChecks(config: Config, log: Log): readonly Check[] {
  const nodes = once(() => readings(log, pipeline, node => heldMs(config, node)))
  return [
    { name: 'log', look: () => ok(`${log.features.name} log opened`) },
    ...(log.usage ? [{ name: 'log budget', look: () => logBudget(log.usage!()) }] : []),
    ...(log.admin ? clusterChecks(config, log, log.admin, nodes) : []),
    { name: 'partitions', look: () => partitions(config, log) },
    { name: 'offsets', look: async () => offsetsThere(await nodes()) },
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
  const topic = pipeline.find(({ stage }) => stage === 'annotate')!.from.name
  const declared = topicSpecsOf(config)
  const { partitions } = [...(await log.topics()), ...declared].find(({ name }) => name === topic)!
  const { concurrency } = config.annotate
  return partitionsFor({ partitions, concurrency, window: costlyWindow }, log.features.sharesPartitions)
}

/** For how long a node keeps what it has read open, in milliseconds. */
const heldMs = (config: Config, { groups, fixed }: Node): number =>
  groups === 'closing' ? datasetOf(config, String(fixed.dataset)).seal.ageSeconds * 1000 : 0

/** Asks once, when the first check wants to know. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null
  return () => (asked ??= ask())
}
