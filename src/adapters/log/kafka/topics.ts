import type { Admin, ITopicConfig } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import type { TopicSpec } from '../../../runtime/log.js'
import { asked } from './asked.js'
import type { Cluster } from './cluster.js'
import { isTopicExists } from './errors.js'
import { ConfigResourceTypes } from './kafkajs.js'
import { type BrokerNames, progressSpec, progressTopic } from './names.js'
import { besideValue } from './placement.js'
import { type TopicSpread, spreadOf } from './spread.js'
import { replicationFactor, type TopicSettings, topicSettings } from './topic-settings.js'

/** A topic on the brokers. */
export interface KnownTopic extends TopicSpec {
  readonly config: ReadonlyMap<string, string>
}

/** How long new topics may take to get leaders and to be known to every broker, in milliseconds. */
const spreadMs = 30_000

/** The deployment's topics on the brokers, as of the last refresh. */
export class Topics {
  #known: ReadonlyMap<string, KnownTopic> = new Map()

  constructor(
    private readonly admin: Admin,
    private readonly direct: Pick<Cluster, 'brokerPool' | 'findBroker'>,
    private readonly names: BrokerNames,
    private readonly settings: TopicSettings,
  ) {}

  /** The largest value that every topic accepts, with room for its key and headers. */
  get maxValueBytes(): number {
    const limits = [...this.#known.values()].map(({ config }) => Number(config.get('max.message.bytes')))
    return Math.min(this.settings.maxMessageBytes, ...limits) - besideValue
  }

  /** @throws STEERFLOW_TOPIC_UNKNOWN */
  partitions(topic: string): number {
    const known = this.#known.get(topic)
    if (known) return known.partitions
    throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', `there is no topic ${topic}`)
  }

  /** True if there is such a topic; refreshes if it is unknown. */
  async has(topic: string): Promise<boolean> {
    if (!this.#known.has(topic)) await asked(() => this.look())
    return this.#known.has(topic)
  }

  /** Without the adapter's own topic. */
  all(): readonly KnownTopic[] {
    return this.everything().filter(({ name }) => name !== progressTopic)
  }

  everything(): readonly KnownTopic[] {
    return [...this.#known.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /**
   * Loads all topics from the brokers. While a topic is new, a broker may name it and another not know it: retry then.
   */
  async look(): Promise<void> {
    const names = (await this.admin.listTopics()).filter(topic => this.names.own(topic) !== null)
    if (names.length === 0) this.#known = new Map()
    else {
      const [{ topics }, configs] = await Promise.all([
        this.admin.fetchTopicMetadata({ topics: names }),
        this.admin.describeConfigs({
          includeSynonyms: false,
          resources: names.map(name => ({ type: ConfigResourceTypes.TOPIC, name })),
        }),
      ])
      const configOf = new Map(
        configs.resources.map(({ resourceName, configEntries }) => [
          resourceName,
          new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
        ]),
      )
      this.#known = new Map(
        topics.map(({ name, partitions }) => {
          const config = configOf.get(name) ?? new Map<string, string>()
          config.set(replicationFactor, String(Math.min(...partitions.map(({ replicas }) => replicas.length))))
          const own = this.names.own(name)!
          return [own, { name: own, partitions: partitions.length, retention: retentionOf(config), config }]
        }),
      )
    }
  }

  /**
   * Creates missing topics and partitions; nothing is ever removed. At the end every responsive broker knows them,
   * including those that another process has just created.
   */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    await this.look()
    const wanted: readonly TopicSpec[] = [...specs, progressSpec]
    const missing = wanted.filter(({ name }) => !this.#known.has(name))
    const grown = wanted.filter(
      ({ name, partitions }) => partitions > (this.#known.get(name)?.partitions ?? partitions),
    )
    for (const spec of missing) await this.#create(spec)
    if (grown.length > 0) {
      await this.admin.createPartitions({
        topicPartitions: grown.map(({ name, partitions }) => ({ topic: this.names.topic(name), count: partitions })),
      })
    }
    const made = [...missing, ...grown]
    if (made.length > 0) await this.#spread(made, 'led')
    await this.#spread(wanted, 'known')
    if (made.length > 0) await this.look()
  }

  async #create(spec: TopicSpec): Promise<void> {
    const topic: ITopicConfig = {
      topic: this.names.topic(spec.name),
      numPartitions: spec.partitions,
      replicationFactor: this.settings.replicationFactor,
      configEntries: topicSettings(spec, this.settings)
        .filter(({ setting }) => setting !== replicationFactor)
        .map(({ setting, value }) => ({ name: setting, value })),
    }
    try {
      await this.admin.createTopics({ topics: [topic], waitForLeaders: false })
    } catch (error) {
      // Another process was faster.
      if (!isTopicExists(error)) throw error
    }
  }

  /** Waits until topics have spread to the goal. */
  async #spread(specs: readonly TopicSpec[], goal: Exclude<TopicSpread, 'partial'>): Promise<void> {
    const wanted = new Map(specs.map(({ name, partitions }) => [this.names.topic(name), partitions]))
    for (const deadline = performance.now() + spreadMs; ; await sleep(50)) {
      const spread = await spreadOf(this.direct, wanted)
      if (spread === 'led' || spread === goal) return
      if (performance.now() > deadline) {
        const names = [...wanted.keys()].join(', ')
        throw new SteerflowError(
          'STEERFLOW_KAFKA_UNREACHABLE',
          spread === 'known' ? `no broker leads all of ${names}` : `not every broker knows ${names}`,
        )
      }
    }
  }
}

function retentionOf(config: ReadonlyMap<string, string>): TopicSpec['retention'] {
  if (config.get('cleanup.policy')?.includes('compact')) return { keep: 'latest' }
  const ms = Number(config.get('retention.ms'))
  return ms > 0 ? { keep: 'days', days: ms / 86_400_000 } : { keep: 'forever' }
}
