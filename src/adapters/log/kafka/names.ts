import type { TopicSpec } from '../../../runtime/topic-spec.js'

/** What the log's topics, groups and transactions are called on a cluster that several deployments share. */
export class BrokerNames {
  constructor(readonly namespace: string) {}

  /** The broker's name of a topic. */
  topic(name: string): string {
    return `${this.namespace}.${name}`
  }

  /** The log's own name of a broker's topic; null when it is another deployment's. */
  own(brokerTopic: string): string | null {
    const prefix = `${this.namespace}.`
    return brokerTopic.startsWith(prefix) ? brokerTopic.slice(prefix.length) : null
  }

  group(group: string): string {
    return `${this.namespace}.${group}`
  }

  /**
   * One transactional id for each input partition of a group. One for each process would break the guarantee: the next
   * owner's fence has to reach the transaction of the owner before it, whichever process that was
   * (docs/reference/kafka.md#one-transactional-id-a-partition).
   */
  transaction(group: string, topic: string, partition: number): string {
    return `${this.namespace}.${group}.${topic}.${partition}`
  }
}

/** Where sources outside the log leave how far they were read, and groups that they have begun; compacted. */
export const progressTopic = 'progress'
export const progressSpec: TopicSpec = { name: progressTopic, partitions: 1, retention: { keep: 'latest' } }

/** The key in the progress topic under which a group has said that it began to read a partition. */
export const begunKey = (group: string, topic: string, partition: number): string =>
  `begun/${group}/${topic}/${partition}`

/** The key in the progress topic of something that is noted of the deployment. */
export const noteKey = (key: string): string => `note/${key}`
