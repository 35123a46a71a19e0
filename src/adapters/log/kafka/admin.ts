import {
  type ClusterFacts,
  type Expectation,
  type GroupMember,
  type LogAdmin,
  type StoredTopic,
} from '../../../runtime/log-admin.js'
import { type TopicSpec } from '../../../runtime/topic-spec.js'
import { kafkaError } from './errors.js'
import { finalizedFeatures } from './features.js'
import { sharesOf } from './group-protocol.js'
import { ConfigResourceTypes } from './kafkajs.js'
import { storedOffsets } from './ledger.js'
import { begunKey, progressSpec } from './names.js'
import { type KafkaParts } from './parts.js'
import { topicSettings } from './topic-settings.js'

/** What operators ask of the brokers. */
export class KafkaAdmin implements LogAdmin {
  readonly ownTopics = [progressSpec]

  constructor(private readonly parts: KafkaParts) {}

  async stored(): Promise<readonly StoredTopic[]> {
    return asked(async () => {
      await this.parts.topics.look()
      return this.parts.topics
        .everything()
        .map(({ name, partitions, config }) => ({ name, partitions, settings: config }))
    })
  }

  expected(spec: TopicSpec): readonly Expectation[] {
    return topicSettings(spec, this.parts.settings)
  }

  async members(group: string): Promise<readonly GroupMember[]> {
    const { groups } = await asked(() => this.parts.admin.describeGroups([this.parts.names.group(group)]))
    return (groups[0]?.members ?? []).map(({ memberId, clientId, clientHost, memberAssignment }) => ({
      id: memberId,
      client: clientId,
      host: clientHost.replace(/^\//, ''),
      partitions: sharesOf(memberAssignment),
    }))
  }

  async forgotten(group: string, topic: string): Promise<ReadonlySet<number>> {
    return asked(async () => {
      const { admin, names, progress, topics } = this.parts
      const stored = await storedOffsets(admin, names.group(group), names.topic(topic))
      const forgotten = new Set<number>()
      for (let partition = 0; partition < topics.partitions(topic); partition++) {
        if (!stored.has(partition) && (await progress.last(begunKey(group, topic, partition)))) forgotten.add(partition)
      }
      return forgotten
    })
  }

  async cluster(): Promise<ClusterFacts> {
    const { brokers } = await asked(() => this.parts.admin.describeCluster())
    await asked(() => this.parts.direct.refreshMetadata())
    const asking = brokers.map(async ({ nodeId, host, port }) => {
      const address = `${host}:${port}`
      try {
        const features = await finalizedFeatures(this.parts.direct, String(nodeId))
        return { address, problem: null, nodeId, features }
      } catch (error) {
        return { address, problem: kafkaError(error).message, nodeId, features: null }
      }
    })
    const found = await Promise.all(asking)
    const reachable = found.find(({ problem }) => problem === null)
    return {
      brokers: found.map(({ address, problem }) => ({ address, problem })),
      transactionVersion: reachable?.features ? (reachable.features.get('transaction.version') ?? 0) : null,
      offsetsRetentionMinutes: reachable ? await this.#setting(reachable.nodeId, 'offsets.retention.minutes') : null,
    }
  }

  /** A number among a broker's settings; null when it does not tell. */
  async #setting(nodeId: number, name: string): Promise<number | null> {
    const resource = { type: ConfigResourceTypes.BROKER, name: String(nodeId), configNames: [name] }
    const { resources } = await asked(() =>
      this.parts.admin.describeConfigs({ includeSynonyms: false, resources: [resource] }),
    )
    const value = resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue
    return value ? Number(value) : null
  }
}

/** With kafkajs's errors as ours. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw kafkaError(error)
  }
}
