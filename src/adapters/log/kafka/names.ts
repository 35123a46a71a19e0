import type { TopicSpec } from '../../../runtime/topic-spec.js'

/** Broker-side names of topics, groups and transactions on a cluster that several deployments share. */
export class BrokerNames {
  constructor(readonly namespace: string) {}

  /** The broker's name of a topic. */
  topic(name: string): string {
    return `${this.namespace}.${name}`
  }

  /** The log's name of a broker's topic; null for one of another deployment. */
  own(brokerTopic: string): string | null {
    const prefix = `${this.namespace}.`
    return brokerTopic.startsWith(prefix) ? brokerTopic.slice(prefix.length) : null
  }

  group(group: string): string {
    return `${this.namespace}.${group}`
  }

  /**
   * One transactional id for each input partition of a group. One per process would break the guarantee: the next
   * owner's fence has to reach the transaction of the previous owner, whichever process that was
   * (docs/reference/kafka.md#one-transactional-id-a-partition).
   */
  transaction(group: string, topic: string, partition: number): string {
    return `${this.namespace}.${group}.${topic}.${partition}`
  }
}

/** Compacted topic with the progress of external sources, and the groups that have begun. */
export const progressTopic = 'progress'
export const progressSpec: TopicSpec = { name: progressTopic, partitions: 1, retention: { keep: 'latest' } }

/** The key in the progress topic for "this group began to read this partition". */
export const begunKey = (group: string, topic: string, partition: number): string =>
  `begun/${group}/${topic}/${partition}`

/** The key in the progress topic of a note about the deployment. */
export const noteKey = (key: string): string => `note/${key}`
