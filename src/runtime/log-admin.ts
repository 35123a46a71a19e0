import type { TopicSpec } from './topic-spec.js'

/** A topic as brokers keep it. */
export interface StoredTopic {
  readonly name: string
  readonly partitions: number
  /** Its settings by the broker's names of them, `replication.factor` among them. */
  readonly settings: ReadonlyMap<string, string>
}

/** What a setting of a topic should be. */
export interface Expectation {
  readonly setting: string
  readonly value: string
  /** `at-least`: a larger number is as good. */
  readonly rule: 'equal' | 'at-least'
  /** What another value would do, in one sentence. */
  readonly why: string
}

/** A process that is a member of a group. */
export interface GroupMember {
  readonly id: string
  readonly client: string
  readonly host: string
  /** Partitions that it was given. */
  readonly partitions: readonly number[]
}

/** A cluster as its brokers describe it. */
export interface ClusterFacts {
  readonly brokers: readonly {
    readonly address: string
    /** Why it cannot be reached; null when it can. */
    readonly problem: string | null
  }[]
  /** The finalized level of the feature `transaction.version`; null when the brokers do not say. */
  readonly transactionVersion: number | null
  /** Minutes after its last member left that a group's offsets are kept; null when the brokers do not say. */
  readonly offsetsRetentionMinutes: number | null
}

/** A record as a commit publishes it. */
export interface Note {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer
  readonly value: Buffer
  readonly framed: true
}

/** What operators ask of a log that brokers keep. */
export interface LogAdmin {
  /** Topics that the adapter needs for itself. */
  readonly ownTopics: readonly TopicSpec[]
  /** All topics of the deployment. */
  stored(): Promise<readonly StoredTopic[]>
  /** The settings with which a topic is made. */
  expected(spec: TopicSpec): readonly Expectation[]
  /** Who is in a group now; a process that was killed stays until its session has timed out. */
  members(group: string): Promise<readonly GroupMember[]>
  /**
   * Partitions that a group had begun to read and whose offset says nothing any more: the brokers do not have it, or the
   * topic was made anew since.
   */
  forgotten(group: string, topic: string): Promise<ReadonlySet<number>>
  cluster(): Promise<ClusterFacts>
  /** What was last noted of the deployment under a key; null when nothing was. */
  noted(key: string): Promise<string | null>
  /** The record that notes something of the deployment, for good; to be published by a commit. */
  note(key: string, text: string): Note
}
