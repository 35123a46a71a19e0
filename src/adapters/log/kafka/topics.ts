import { type Admin, type ITopicConfig } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { type TopicSpec } from '../../../runtime/log.js'
import { isTopicExists } from './errors.js'
import { ConfigResourceTypes } from './kafkajs.js'
import { type Names, progressSpec, progressTopic } from './names.js'
import { besideValue } from './placement.js'
import { replicationFactor, type TopicSettings, topicSettings } from './topic-settings.js'

/** A topic as the brokers have it. */
export interface KnownTopic extends TopicSpec {
  readonly config: ReadonlyMap<string, string>
}

/** How long new topics may take to get leaders, in milliseconds. */
const leadersMs = 30_000

/** The deployment's topics on the brokers, as of the last look. */
export class Topics {
  #known: ReadonlyMap<string, KnownTopic> = new Map()

  constructor(
    private readonly admin: Admin,
    private readonly names: Names,
    private readonly settings: TopicSettings,
  ) {}

  /** The largest value that every topic takes, with room for its key and headers. */
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

  /** Whether there is such a topic; looks again when it is not known yet. */
  async has(topic: string): Promise<boolean> {
    if (!this.#known.has(topic)) await this.look()
    return this.#known.has(topic)
  }

  /** Without the one that is the adapter's own. */
  all(): readonly KnownTopic[] {
    return this.everything().filter(({ name }) => name !== progressTopic)
  }

  everything(): readonly KnownTopic[] {
    return [...this.#known.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

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

  /** Makes the topics that are missing and adds the partitions that are; nothing is ever taken away. */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    await this.look()
    const wanted: readonly TopicSpec[] = [...specs, progressSpec]
    const missing = wanted.filter(({ name }) => !this.#known.has(name))
    const grown = wanted.filter(
      ({ name, partitions }) => partitions > (this.#known.get(name)?.partitions ?? partitions),
    )
    if (missing.length + grown.length === 0) return
    for (const spec of missing) await this.#create(spec)
    if (grown.length > 0) {
      await this.admin.createPartitions({
        topicPartitions: grown.map(({ name, partitions }) => ({ topic: this.names.topic(name), count: partitions })),
      })
    }
    await this.#led([...missing, ...grown])
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
      // Another process was quicker.
      if (!isTopicExists(error)) throw error
    }
  }

  /** Waits until the brokers have leaders for every partition. */
  async #led(specs: readonly TopicSpec[]): Promise<void> {
    const names = specs.map(({ name }) => this.names.topic(name))
    for (const deadline = Date.now() + leadersMs; ; await sleep(50)) {
      try {
        const { topics } = await this.admin.fetchTopicMetadata({ topics: names })
        const led = topics.every(({ name, partitions }) => {
          const wanted = specs.find(spec => this.names.topic(spec.name) === name)!.partitions
          return partitions.length >= wanted && partitions.every(({ leader }) => leader >= 0)
        })
        if (led) return await this.look()
      } catch (error) {
        if (Date.now() > deadline) throw error
      }
      if (Date.now() > deadline)
        throw new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', `no broker leads ${names.join(', ')}`)
    }
  }
}

function retentionOf(config: ReadonlyMap<string, string>): TopicSpec['retention'] {
  if (config.get('cleanup.policy')?.includes('compact')) return { keep: 'latest' }
  const ms = Number(config.get('retention.ms'))
  return ms > 0 ? { keep: 'days', days: ms / 86_400_000 } : { keep: 'forever' }
}
