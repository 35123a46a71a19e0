import type { Cluster } from './cluster.js'
import { ask, compactString, CompactReader, noTags } from './compact.js'
import type { ClusterFacts, Expectation, GroupMember, LogAdmin, Note, StoredTopic } from '../../../runtime/log-admin.js'
import { offset } from '../../../runtime/log.js'
import type { TopicSpec } from '../../../runtime/topic-spec.js'
import { asked } from './asked.js'
import { kafkaError } from './errors.js'
import { sharesOf } from './group-protocol.js'
import { ConfigResourceTypes } from './kafkajs.js'
import { storedOffsets } from './ledger.js'
import { begunKey, noteKey, progressSpec, progressTopic } from './names.js'
import type { KafkaParts } from './parts.js'
import { topicSettings } from './topic-settings.js'

/**
 * Finalized features of a cluster, by ApiVersions version 3; kafkajs only implements version 2. Layout: Kafka's
 * ApiVersionsRequest.json and ApiVersionsResponse.json.
 */

const apiVersions = { apiKey: 18, apiName: 'ApiVersions', apiVersion: 3 }

/** The finalized features and their levels. @throws the errors of the connection */
export async function finalizedFeatures(
  cluster: Pick<Cluster, 'findBroker'>,
  nodeId: string,
): Promise<ReadonlyMap<string, number>> {
  const body = requestBody('steerflow', '1')
  return ask(await cluster.findBroker({ nodeId }), { ...apiVersions, body, decode: decodeFeatures })
}

export const requestBody = (name: string, version: string): Buffer =>
  Buffer.concat([compactString(name), compactString(version), noTags])

const finalizedTag = 2

/**
 * Reads the finalized features from a response body. Its header has no tags, unlike that of any other response in this
 * encoding. A broker without features omits them.
 */
export function decodeFeatures(payload: Buffer): ReadonlyMap<string, number> {
  const reader = new CompactReader(payload)
  const features = new Map<string, number>()
  const error = reader.int16()
  if (error !== 0) throw new Error(`ApiVersions was answered with error ${error}`)
  for (let left = reader.count(); left > 0; left--) {
    reader.skip(6)
    reader.tags()
  }
  reader.skip(4)
  reader.tags((tag, field) => {
    if (tag !== finalizedTag) return
    for (let left = field.count(); left > 0; left--) {
      const name = field.string()
      features.set(name, field.int16())
      field.skip(2)
      field.tags()
    }
  })
  return features
}

/** Queries about brokers, for operators. */
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
      const { admin, names, progress, topics, topicIds } = this.parts
      const [stored, topicId] = await Promise.all([
        storedOffsets(admin, names.group(group), names.topic(topic)),
        topicIds.of(names.topic(topic)),
      ])
      const forgotten = new Set<number>()
      for (let partition = 0; partition < topics.partitions(topic); partition++) {
        const begun = await progress.last(begunKey(group, topic, partition))
        // A recreated topic: the offset belongs to the old one.
        const another = topicId !== null && begun?.topicId !== undefined && begun.topicId !== topicId
        if (begun && (another || !stored.has(partition))) forgotten.add(partition)
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

  async noted(key: string): Promise<string | null> {
    return (await asked(() => this.parts.progress.last(noteKey(key))))?.mark ?? null
  }

  note(key: string, text: string): Note {
    const { key: name, value } = this.parts.progress.record(noteKey(key), { offset: offset(0), mark: text })
    return { topic: progressTopic, partition: 0, key: name!, value, framed: true }
  }

  /** A numeric setting of a broker; null if the broker does not report it. */
  async #setting(nodeId: number, name: string): Promise<number | null> {
    const resource = { type: ConfigResourceTypes.BROKER, name: String(nodeId), configNames: [name] }
    const { resources } = await asked(() =>
      this.parts.admin.describeConfigs({ includeSynonyms: false, resources: [resource] }),
    )
    const value = resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue
    return value ? Number(value) : null
  }
}
