import type { Expectation } from '../../../runtime/log-admin.js'
import type { TopicSpec } from '../../../runtime/topic-spec.js'

export interface TopicSettings {
  /** -1: the broker's default. */
  readonly replicationFactor: number
  /** Maximum size of a batch in bytes. */
  readonly maxMessageBytes: number
}

/** The name of the number of replicas among a topic's settings; brokers store it separately. */
export const replicationFactor = 'replication.factor'

/** The settings with which a topic is created, and which it should keep. */
export function topicSettings(
  { retention }: TopicSpec,
  { replicationFactor: replicas, maxMessageBytes }: TopicSettings,
): readonly Expectation[] {
  const compact = retention.keep === 'latest'
  const expected: readonly Expectation[] = [
    {
      setting: 'cleanup.policy',
      value: compact ? 'compact' : 'delete',
      rule: 'equal',
      why: compact
        ? 'without compaction the topic grows without end, and with deletion its last values are lost'
        : 'compaction removes all but the last record of a key',
    },
    {
      // Brokers do not know which groups have read a record: see retention.ts.
      setting: 'retention.ms',
      value: '-1',
      rule: 'equal',
      why: 'brokers would delete records that not every group has read',
    },
    {
      setting: 'retention.bytes',
      value: '-1',
      rule: 'equal',
      why: 'brokers would delete records that not every group has read',
    },
    {
      setting: 'max.message.bytes',
      value: String(maxMessageBytes),
      rule: 'at-least',
      why: 'records that other topics accept are rejected here and become dead letters',
    },
    {
      setting: 'compression.type',
      value: 'producer',
      rule: 'equal',
      why: 'brokers recompress compressed batches',
    },
  ]
  if (replicas < 0) return expected
  const why = 'the topic survives the loss of fewer brokers than configured'
  return [...expected, { setting: replicationFactor, value: String(replicas), rule: 'at-least', why }]
}
