import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.js'
import { isLeaderless, isUnknownTopic } from './errors.js'
import { race } from '../../../runtime/concurrency.js'

/**
 * How far topics have spread: `partial` if a broker does not know all partitions yet; `known` if all brokers do; `led`
 * if each partition also has a leader.
 */
export type TopicSpread = 'partial' | 'known' | 'led'

const order: readonly TopicSpread[] = ['partial', 'known', 'led']

/**
 * Asks every broker: brokers learn of a new topic one after the other, and kafkajs asks varying ones. A broker that is
 * down or hangs does not count; if all hang, the spread is partial.
 * @param wanted the brokers' names of the topics, and the minimum number of partitions of each
 * @param answerMs time-out of one broker's answer
 * @throws the error of a broker's connection, if none answers
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
    // kafkajs throws the first error of a response, those of topics before those of partitions.
    if (isUnknownTopic(error)) return 'partial'
    if (isLeaderless(error)) return 'known'
    throw error
  }
}
