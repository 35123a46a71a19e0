import type { Expectation } from '../../../runtime/log-admin.js'
import type { TopicSpec } from '../../../runtime/topic-spec.js'

export interface TopicSettings {
  /** -1: what the broker has as its default. */
  readonly replicationFactor: number
  /** Largest batch that a topic takes, in bytes. */
  readonly maxMessageBytes: number
}

/** The name under which the number of replicas stands among a topic's settings; brokers keep it apart. */
export const replicationFactor = 'replication.factor'

/** What a topic is made with, and should have still. */
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
      // Who has not read what may go is not known to a broker: see retention.ts.
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
      why: 'records that other topics take are refused here and become dead letters',
    },
    {
      setting: 'compression.type',
      value: 'producer',
      rule: 'equal',
      why: 'brokers compress again what came compressed',
    },
  ]
  if (replicas < 0) return expected
  const why = 'the topic outlives the loss of fewer brokers than was asked for'
  return [...expected, { setting: replicationFactor, value: String(replicas), rule: 'at-least', why }]
}
