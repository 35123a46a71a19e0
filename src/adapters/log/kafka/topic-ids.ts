import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, protocolError } from './cluster.js'
import { ask, compactArray, compactString, CompactReader, noTags, type WireRequest } from './compact.js'

/**
 * Ids of topics, by Metadata version 10 (KIP-516); kafkajs implements version 6. A recreated topic has the same name
 * and another id. Layout: Kafka's MetadataRequest.json and MetadataResponse.json.
 */
const metadata = { apiKey: 3, apiName: 'Metadata', apiVersion: 10 } as const

/** The id of a topic, or `noTopic` if there is none of that name. */
export type TopicIdentity = string
export const noTopic = 'none'

const unknownTopic = 3
const noId = Buffer.alloc(16)

/** Requests the ids of topics, by the brokers' names. */
export const describeTopicIds = (topics: readonly string[]): WireRequest<ReadonlyMap<string, TopicIdentity>> => ({
  ...metadata,
  body: Buffer.concat([
    compactArray(topics.map(topic => Buffer.concat([noId, compactString(topic), noTags]))),
    // Flags: create no topics, return no permissions.
    Buffer.alloc(3),
    noTags,
  ]),
  decode: payload => {
    const reader = new CompactReader(payload)
    reader.tags()
    reader.skip(4)
    reader.array(() => {
      reader.skip(4)
      reader.string()
      reader.skip(4)
      reader.string()
      reader.tags()
    })
    reader.string()
    reader.skip(4)
    const found = new Map<string, TopicIdentity>()
    reader.array(() => {
      const error = reader.int16()
      const name = reader.string()
      const id = reader.fixed(16).toString('hex')
      reader.skip(1)
      reader.array(() => {
        reader.skip(14)
        for (let lists = 0; lists < 3; lists++) reader.array(() => reader.int32())
        reader.tags()
      })
      reader.skip(4)
      reader.tags()
      if (error === unknownTopic) found.set(name, noTopic)
      else if (error === 0) found.set(name, id)
      else if (!leaderless.has(error)) throw protocolError(error)
    })
    return found
  },
})

/** Errors of an existing topic: a partition has no leader, or none that this listener reaches. */
const leaderless = new Set([5, 72])

/** Loads the ids of topics, from varying brokers. */
export class TopicIds {
  #turn = 0

  constructor(private readonly cluster: Pick<Cluster, 'brokerPool' | 'findBroker'>) {}

  /** Topics with unknown state are missing; empty if brokers are older than topic ids. */
  async look(brokerTopics: readonly string[]): Promise<ReadonlyMap<string, TopicIdentity>> {
    const brokers = this.cluster.brokerPool.metadata?.brokers ?? []
    const next = brokers[this.#turn++ % Math.max(1, brokers.length)]
    if (!next || brokerTopics.length === 0) return new Map()
    const broker = await this.cluster.findBroker({ nodeId: String(next.nodeId) })
    const { versions } = broker as unknown as { readonly versions: Readonly<Record<number, Speaks>> | null }
    if ((versions?.[metadata.apiKey]?.maxVersion ?? 0) < metadata.apiVersion) return new Map()
    return ask(broker, describeTopicIds(brokerTopics))
  }

  /** The id of a topic; null if unknown. */
  async of(brokerTopic: string): Promise<string | null> {
    const found = (await this.look([brokerTopic])).get(brokerTopic)
    return found === undefined || found === noTopic ? null : found
  }
}

interface Speaks {
  readonly maxVersion: number
}

/**
 * Interval between two checks in milliseconds, and consecutive checks without a topic after which it counts as deleted.
 */
const watching = { everyMs: 5000, looks: 3 }

/** Notices topics that are deleted, or deleted and recreated, while they are read. */
export class TopicWatch {
  readonly #missed = new Map<string, number>()
  readonly #stop = new AbortController()
  #running: Promise<void> | null = null

  /**
   * @param read the topics being read, by the brokers' names, and their ids at the start
   * @param gone called for a topic that has another id now, or none
   */
  constructor(
    private readonly ids: Pick<TopicIds, 'look'>,
    private readonly read: () => ReadonlyMap<string, string>,
    private readonly gone: (brokerTopic: string, now: TopicIdentity) => void,
    private readonly everyMs = watching.everyMs,
  ) {}

  start(): void {
    this.#running ??= this.#run().catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    for (;;) {
      await sleep(this.everyMs, undefined, { signal: this.#stop.signal, ref: false })
      // The next check will show what brokers cannot report now.
      await this.#look().catch(() => undefined)
    }
  }

  async #look(): Promise<void> {
    const read = this.read()
    const now = await this.ids.look([...read.keys()])
    for (const [topic, id] of read) {
      const is = now.get(topic)
      // A broker may not know of a topic yet, but a different id is certain.
      const missed = is === noTopic ? (this.#missed.get(topic) ?? 0) + 1 : 0
      this.#missed.set(topic, missed)
      if (is !== undefined && is !== id && (is !== noTopic || missed >= watching.looks)) this.gone(topic, is)
    }
  }
}
