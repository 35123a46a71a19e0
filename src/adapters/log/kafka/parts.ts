import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, isolation, leaderOf, type RawPartition, hasSeveralBrokers, openCluster } from './cluster.js'
import { isOutOfRange } from './errors.js'
import {
  offset,
  type PartitionState,
  type Batch,
  type Offset,
  type ReadLimits,
  readingOn,
} from '../../../runtime/log.js'
import { visible, within } from './record.js'
import type { Admin, Kafka } from 'kafkajs'
import type { Wire } from '../../../runtime/wire.js'
import type { KafkaReport } from './client-log.js'
import { compressionTypes } from './codecs.js'
import { connectKafka } from './connection.js'
import { Endings } from './endings/finish.js'
import { Fetcher } from './fetcher.js'
import { BrokerNames, progressTopic } from './names.js'
import { Placement } from './placement.js'
import { ProgressTopic } from './progress.js'
import { Publisher } from './publisher.js'
import type { KafkaSettings } from './settings.js'
import { Sockets } from './sockets.js'
import { TopicIds } from './topic-ids.js'
import { Topics } from './topics.js'
import type { TransactionSettings } from './transaction.js'
import { unframed } from './unframe.js'

const attempts = 8

/**
 * Runs `work` with the topic's metadata loaded; on failure it refreshes the metadata and retries, up to eight times
 * over about 13 s. Not for a position outside of its partition, which a retry does not repair.
 */
export async function withMetadata<T>(cluster: Cluster, brokerTopic: string, work: () => Promise<T>): Promise<T> {
  await cluster.addMultipleTargetTopics([brokerTopic])
  for (let attempt = 1; ; attempt++) {
    try {
      await cluster.refreshMetadataIfNecessary()
      return await work()
    } catch (error) {
      if (isOutOfRange(error) || attempt === attempts) throw error
      await sleep(25 * 2 ** attempt)
      await cluster.refreshMetadata().catch(() => undefined)
    }
  }
}

/**
 * First and end offset of each partition of a topic; the end includes uncommitted records.
 * @param known number of partitions of the topic: metadata with fewer is out of date
 */
export async function extentsOf(
  cluster: Cluster,
  topic: string,
  brokerTopic: string,
  known: number,
): Promise<readonly PartitionState[]> {
  return withMetadata(cluster, brokerTopic, async () => {
    if (cluster.findTopicPartitionMetadata(brokerTopic).length < known) await cluster.refreshMetadata()
    const partitions = cluster.findTopicPartitionMetadata(brokerTopic).map(one => ({ partition: one.partitionId }))
    const [first, end] = await Promise.all(
      [true, false].map(fromBeginning =>
        cluster.fetchTopicsOffset([{ topic: brokerTopic, partitions, fromBeginning }]),
      ),
    )
    const starts = new Map(first![0]!.partitions.map(one => [one.partition, one.offset]))
    return end![0]!.partitions
      .map(one => ({
        topic,
        partition: one.partition,
        start: offset(starts.get(one.partition)!),
        end: offset(one.offset),
      }))
      .sort((a, b) => a.partition - b.partition)
  })
}

/** How long a transaction that is being committed may hide records, in milliseconds. */
const settlingMs = 5000

/**
 * Reads the present records of a partition from an offset on, without a group and without waiting for more. It does
 * wait for records that were just committed: a coordinator reports a commit before the partitions show it.
 */
export async function readNow(
  cluster: Cluster,
  {
    topic,
    brokerTopic,
    partition,
  }: { readonly topic: string; readonly brokerTopic: string; readonly partition: number },
  from: Offset,
  limits: ReadLimits,
): Promise<Batch> {
  const deadline = performance.now() + settlingMs
  const fetch = async (maxWaitTime: number): Promise<RawPartition | undefined> => {
    const leader = leaderOf(cluster, brokerTopic, partition)
    if (leader === null) throw new Error(`no broker leads ${brokerTopic}/${partition}`)
    const broker = await cluster.findBroker({ nodeId: leader })
    const maxBytes = Math.min(limits.bytes, 8 << 20)
    const place = { partition, fetchOffset: String(from), maxBytes }
    const answer = await broker.fetch({
      isolationLevel: isolation.committed,
      maxWaitTime,
      minBytes: 1,
      maxBytes,
      topics: [{ topic: brokerTopic, partitions: [place] }],
    })
    return answer.responses[0]?.partitions[0]
  }
  const settling = (found: RawPartition | undefined): boolean =>
    found?.messages.length === 0 && from < BigInt(found.highWatermark) && performance.now() < deadline
  let found = await withMetadata(cluster, brokerTopic, () => fetch(0))
  while (settling(found)) found = await withMetadata(cluster, brokerTopic, () => fetch(50))
  return found ? within(visible(topic, from, found), limits) : { records: [], next: from }
}

/** Everything that one process has open on a cluster. Blocking requests have connections of their own. */
export class KafkaParts {
  readonly names: BrokerNames
  readonly admin: Admin
  readonly topics: Topics
  readonly topicIds: TopicIds
  readonly placement: Placement
  readonly progress: ProgressTopic
  readonly publisher: Publisher
  /** For reads that wait. */
  readonly fetcher: Fetcher
  readonly writing: TransactionSettings
  /** For requests without waiting. */
  readonly direct: Cluster
  readonly #streaming: Cluster
  /** Connections for one more member of a group. */
  readonly newCluster: () => Cluster

  private constructor(
    kafka: Kafka,
    readonly settings: KafkaSettings,
    readonly wire: Wire,
    private readonly sockets: Sockets,
    report: KafkaReport,
  ) {
    const nameOf = (topic: string): string => this.names.topic(topic)
    this.newCluster = () => openCluster(kafka)
    this.names = new BrokerNames(settings.namespace)
    this.admin = kafka.admin()
    this.direct = openCluster(kafka)
    this.topics = new Topics(this.admin, this.direct, this.names, settings)
    this.topicIds = new TopicIds(this.direct)
    this.placement = new Placement(this.topics, nameOf, wire)
    this.#streaming = openCluster(kafka)
    this.fetcher = new Fetcher(this.#streaming, nameOf)
    const { transactionTimeoutMs } = settings
    const severalBrokers = (): boolean => hasSeveralBrokers(this.direct)
    const compression = compressionTypes[settings.compression]
    const written = (): readonly string[] => this.topics.everything().map(({ name }) => nameOf(name))
    const endings = new Endings(this.direct, written, report)
    this.writing = { kafka, compression, severalBrokers, transactionTimeoutMs, endings }
    this.publisher = new Publisher(this.writing, settings.namespace)
    this.progress = new ProgressTopic(
      {
        end: async () => (await this.extent(progressTopic, 0)).end,
        read: from => this.read(progressTopic, 0, from, readingOn),
        wait: ms => sleep(ms),
      },
      nameOf(progressTopic),
      report,
    )
  }

  static async open(settings: KafkaSettings, wire: Wire, report: KafkaReport): Promise<KafkaParts> {
    const sockets = new Sockets()
    const parts = new KafkaParts(await connectKafka(settings, report, sockets), settings, wire, sockets, report)
    try {
      await Promise.all([parts.admin.connect(), parts.direct.connect(), parts.#streaming.connect()])
      await parts.direct.refreshMetadata()
      await parts.topics.look()
    } catch (error) {
      await parts.close()
      throw error
    }
    return parts
  }

  /** First and end offset of a topic's partitions; the end includes uncommitted records. */
  async extents(topic: string): Promise<readonly PartitionState[]> {
    await this.topics.has(topic)
    return extentsOf(this.direct, topic, this.names.topic(topic), this.topics.partitions(topic))
  }

  async extent(topic: string, partition: number): Promise<PartitionState> {
    const found = (await this.extents(topic)).find(state => state.partition === partition)
    return found ?? { topic, partition, start: offset(0), end: offset(0) }
  }

  /** Reads from an offset, or from the first one that still exists. */
  async read(
    topic: string,
    partition: number,
    from: Offset,
    limits: { readonly records: number; readonly bytes: number },
  ): Promise<Batch> {
    const place = { topic, brokerTopic: this.names.topic(topic), partition }
    const read = async (at: Offset): Promise<Batch> =>
      unframed(this.wire, await readNow(this.direct, place, at, limits), AbortSignal.timeout(10_000))
    try {
      return await read(from)
    } catch (error) {
      if (!isOutOfRange(error)) throw error
      const { start } = await this.extent(topic, partition)
      return from >= start ? { records: [], next: from } : read(start)
    }
  }

  async close(): Promise<void> {
    await this.publisher.close()
    await this.fetcher.close()
    const quietly = (closing: Promise<void>): Promise<void> => closing.catch(() => undefined)
    await Promise.all([
      quietly(this.admin.disconnect()),
      quietly(this.direct.disconnect()),
      quietly(this.#streaming.disconnect()),
    ])
    this.sockets.close()
  }
}
