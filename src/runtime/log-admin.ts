import type { TopicSpec } from './topic-spec.js'

/** A topic as brokers store it. */
export interface StoredTopic {
  readonly name: string
  readonly partitions: number
  /** Its settings by the broker's names for them, including `replication.factor`. */
  readonly settings: ReadonlyMap<string, string>
}

/** The value that a setting of a topic should have. */
export interface Expectation {
  readonly setting: string
  readonly value: string
  /** `at-least`: a larger number is as good. */
  readonly rule: 'equal' | 'at-least'
  /** The effect of another value, in one sentence. */
  readonly why: string
}

/** A process that is a member of a group. */
export interface GroupMember {
  readonly id: string
  readonly client: string
  readonly host: string
  /** The partitions assigned to it. */
  readonly partitions: readonly number[]
}

/** A cluster as its brokers describe it. */
export interface ClusterFacts {
  readonly brokers: readonly {
    readonly address: string
    /** Why it cannot be reached; null if it can. */
    readonly problem: string | null
  }[]
  /** The finalized level of the feature `transaction.version`; null if the brokers do not report it. */
  readonly transactionVersion: number | null
  /** Minutes for which a group's offsets are kept after its last member left; null if the brokers do not report it. */
  readonly offsetsRetentionMinutes: number | null
}

/** A record in the form for a commit. */
export interface Note {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer
  readonly value: Buffer
  readonly framed: true
}

/** Operations for operators, on a log that brokers keep. */
export interface LogAdmin {
  /** Topics that the adapter needs for itself. */
  readonly ownTopics: readonly TopicSpec[]
  /** All topics of the deployment. */
  stored(): Promise<readonly StoredTopic[]>
  /** The settings with which a topic is created. */
  expected(spec: TopicSpec): readonly Expectation[]
  /** The present members of a group; a killed process remains until its session times out. */
  members(group: string): Promise<readonly GroupMember[]>
  /**
   * Partitions that a group had begun to read and whose offset is no longer valid: the brokers do not have it, or the topic
   * was created again since.
   */
  forgotten(group: string, topic: string): Promise<ReadonlySet<number>>
  cluster(): Promise<ClusterFacts>
  /** The last note about the deployment under a key; null if there is none. */
  noted(key: string): Promise<string | null>
  /** The record of a permanent note about the deployment; to be published by a commit. */
  note(key: string, text: string): Note
}
