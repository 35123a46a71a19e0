import { type Admin, type Kafka } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Batch, type Offset, offset, type PartitionState } from '../../../runtime/log.js'
import { type Wire } from '../../../runtime/wire.js'
import { type Cluster, hasSeveralBrokers, openCluster } from './cluster.js'
import { type KafkaReport } from './client-log.js'
import { compressionTypes } from './codecs.js'
import { connectKafka } from './connection.js'
import { readNow } from './direct-read.js'
import { Endings } from './endings/finish.js'
import { isOutOfRange } from './errors.js'
import { extentsOf } from './extents.js'
import { Fetcher } from './fetcher.js'
import { Names, progressTopic } from './names.js'
import { Placement } from './placement.js'
import { Progress } from './progress.js'
import { Publisher } from './publisher.js'
import { type KafkaSettings } from './settings.js'
import { Sockets } from './sockets.js'
import { Topics } from './topics.js'
import { type TransactionSettings } from './transaction.js'
import { unframed } from './unframe.js'

/** What one process has open on a cluster. Each kind of waiting has connections of its own. */
export class KafkaParts {
  readonly names: Names
  readonly admin: Admin
  readonly topics: Topics
  readonly placement: Placement
  readonly progress: Progress
  readonly publisher: Publisher
  /** For reads that wait. */
  readonly fetcher: Fetcher
  readonly writing: TransactionSettings
  /** For requests that are answered at once. */
  readonly direct: Cluster
  readonly #streaming: Cluster
  /** Cluster connections of one more member of a group. */
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
    this.names = new Names(settings.namespace)
    this.admin = kafka.admin()
    this.direct = openCluster(kafka)
    this.topics = new Topics(this.admin, this.direct, this.names, settings)
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
    this.progress = new Progress(
      {
        end: async () => (await this.extent(progressTopic, 0)).end,
        read: from => this.read(progressTopic, 0, from, { records: 10_000, bytes: 8 << 20 }),
        wait: ms => sleep(ms),
      },
      nameOf(progressTopic),
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

  /** First offset and end of a topic's partitions; the end counts what is not committed yet. */
  async extents(topic: string): Promise<readonly PartitionState[]> {
    await this.topics.has(topic)
    return extentsOf(this.direct, topic, this.names.topic(topic), this.topics.partitions(topic))
  }

  async extent(topic: string, partition: number): Promise<PartitionState> {
    const found = (await this.extents(topic)).find(state => state.partition === partition)
    return found ?? { topic, partition, start: offset(0), end: offset(0) }
  }

  /** Reads from an offset, or from the first that is still there. */
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
