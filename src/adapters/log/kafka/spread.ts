import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.js'
import { isLeaderless, isUnknownTopic } from './errors.js'
import { race } from '../../../runtime/concurrency.js'

/**
 * How far topics have spread: some broker does not know all of their partitions yet; all brokers do; and each partition
 * has a leader besides.
 */
export type TopicSpread = 'partial' | 'known' | 'led'

const order: readonly TopicSpread[] = ['partial', 'known', 'led']

/**
 * Asks every broker what it knows: brokers hear of a new topic one after the other, and kafkajs asks now this one and now
 * that. One that is away or hangs does not count; when all hang, nobody knows anything.
 * @param wanted the brokers' names of the topics, and how many partitions each has at least
 * @param answerMs how long one broker may take to answer; one that hangs holds up nobody
 * @throws what a broker's connection threw, when none answers
 */
export async function spreadOf(
  cluster: Pick<Cluster, 'brokerPool' | 'findBroker'>,
  wanted: ReadonlyMap<string, number>,
  answerMs = 2000,
): Promise<TopicSpread> {
  const brokers = cluster.brokerPool.metadata?.brokers ?? []
  const late = sleep(answerMs, null, { ref: false })
  const answers = await Promise.allSettled(brokers.map(({ nodeId }) => race([ask(cluster, nodeId, wanted), late])))
  const known = answers.flatMap(answer => (answer.status === 'fulfilled' ? (answer.value ?? []) : []))
  if (known.length > 0) return order.find(spread => known.includes(spread))!
  const away = answers.find(({ status }) => status === 'rejected')
  if (away?.status === 'rejected') throw away.reason
  return 'partial'
}

async function ask(
  cluster: Pick<Cluster, 'findBroker'>,
  nodeId: number,
  wanted: ReadonlyMap<string, number>,
): Promise<TopicSpread> {
  const broker = await cluster.findBroker({ nodeId: String(nodeId) })
  try {
    const { topicMetadata } = await broker.metadata([...wanted.keys()])
    const all = topicMetadata.every(({ topic, partitionMetadata }) => partitionMetadata.length >= wanted.get(topic)!)
    return all ? 'led' : 'partial'
  } catch (error) {
    // kafkajs throws the first error of an answer, those of topics before those of partitions.
    if (isUnknownTopic(error)) return 'partial'
    if (isLeaderless(error)) return 'known'
    throw error
  }
}
