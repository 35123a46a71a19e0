import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Offset } from '../../../runtime/log.js'
import { type Cluster, isolation, leaderOf, type RawPartition } from './cluster.js'
import { isOutOfRange, kafkaError } from './errors.js'
import { visible } from './record.js'

/** A reader that waits for new records of a partition. */
interface Want {
  readonly key: string
  readonly topic: string
  readonly brokerTopic: string
  readonly partition: number
  readonly from: Offset
  readonly maxBytes: number
  readonly resolve: (batch: Batch) => void
  readonly reject: (error: unknown) => void
}

/** How long a broker may delay an empty response, in milliseconds; a new reader waits as long. */
const holdMs = 100
const answerBytes = 32 << 20

/**
 * Fetches for all readers of this process: one request per broker contains every partition with a waiting reader, which
 * costs only a few bytes. Failures at a broker are retried forever: an outage looks like silence.
 */
export class Fetcher {
  readonly #wants = new Map<string, Want>()
  readonly #loops = new Map<string, Promise<void>>()
  #closed = false

  /** @param nameOf the broker's name of a topic */
  constructor(
    private readonly cluster: Cluster,
    private readonly nameOf: (topic: string) => string,
  ) {}

  /**
   * The next records of a partition from `from` on, once there are some. One reader of a `key` at a time. Rejects with
   * kafkajs's error if `from` is outside of the partition.
   */
  next(key: string, topic: string, partition: number, from: Offset, maxBytes: number): Promise<Batch> {
    return new Promise((resolve, reject) => {
      const brokerTopic = this.nameOf(topic)
      this.#wants.set(key, { key, topic, brokerTopic, partition, from, maxBytes, resolve, reject })
      this.#start()
    })
  }

  /** Forgets a reader's request; its promise stays pending. */
  forget(key: string): void {
    this.#wants.delete(key)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wants.clear()
    await Promise.all(this.#loops.values())
  }

  /** Starts a loop for each broker with waiting readers. */
  #start(): void {
    for (const node of new Set([...this.#wants.values()].map(want => this.#leader(want)))) {
      if (this.#closed || this.#loops.has(node)) continue
      const loop = this.#loop(node).finally(() => {
        this.#loops.delete(node)
        if (this.#wants.size > 0) this.#start()
      })
      this.#loops.set(node, loop)
    }
  }

  async #loop(node: string): Promise<void> {
    // One turn of the event loop, so that simultaneous readers share the first request.
    await sleep(0)
    let pause = 25
    while (!this.#closed) {
      const wants = lowest([...this.#wants.values()].filter(want => this.#leader(want) === node))
      if (wants.length === 0) return
      try {
        if (node === noLeader) await this.#learn(wants)
        else this.#settle(wants, await this.#fetch(node, wants))
        pause = 25
      } catch (error) {
        if (this.#refuse(wants, error)) continue
        if (isLasting(error)) {
          await this.#apart(node, wants, error)
          continue
        }
        await sleep(pause)
        pause = Math.min(pause * 2, 1000)
        await this.cluster.refreshMetadata().catch(() => undefined)
      }
    }
  }

  #leader({ brokerTopic, partition }: Want): string {
    return leaderOf(this.cluster, brokerTopic, partition) ?? noLeader
  }

  /** Loads the metadata of topics that have not been read yet, and again while a leader is unknown. */
  async #learn(wants: readonly Want[]): Promise<void> {
    await this.cluster.addMultipleTargetTopics(wants.map(want => want.brokerTopic))
    if (wants.every(want => this.#leader(want) === noLeader)) {
      await this.cluster.refreshMetadata()
      await sleep(50)
    }
  }

  async #fetch(node: string, wants: readonly Want[]): Promise<ReadonlyMap<string, RawPartition>> {
    await this.cluster.refreshMetadataIfNecessary()
    const broker = await this.cluster.findBroker({ nodeId: node })
    const topics = new Map<string, { partition: number; fetchOffset: string; maxBytes: number }[]>()
    for (const { brokerTopic, partition, from, maxBytes } of wants) {
      const partitions = topics.get(brokerTopic) ?? []
      topics.set(brokerTopic, partitions)
      partitions.push({ partition, fetchOffset: String(from), maxBytes })
    }
    const answer = await broker.fetch({
      isolationLevel: isolation.committed,
      maxWaitTime: holdMs,
      minBytes: 1,
      maxBytes: answerBytes,
      topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    })
    return new Map(
      answer.responses.flatMap(({ topicName, partitions }) =>
        partitions.map(one => [`${topicName}/${one.partition}`, one] as const),
      ),
    )
  }

  #settle(wants: readonly Want[], answer: ReadonlyMap<string, RawPartition>): void {
    for (const want of wants) {
      const found = answer.get(placeOf(want))
      if (!found || found.messages.length === 0 || this.#wants.get(want.key) !== want) continue
      try {
        const batch = visible(want.topic, want.from, found)
        this.#wants.delete(want.key)
        want.resolve(batch)
      } catch (error) {
        this.#reject([want], error)
      }
    }
  }

  /**
   * Finds the partition that makes a whole response fail, by fetching the halves: only its readers get the error, and
   * the others get their records.
   */
  async #apart(node: string, wants: readonly Want[], error: unknown): Promise<void> {
    if (wants.length <= 1) return this.#reject(wants, error)
    const middle = wants.length >> 1
    for (const half of [wants.slice(0, middle), wants.slice(middle)]) {
      try {
        this.#settle(half, await this.#fetch(node, half))
      } catch (thrown) {
        // The next round will meet any other error again.
        if (!this.#refuse(half, thrown) && isLasting(thrown)) await this.#apart(node, half, thrown)
      }
    }
  }

  /** Rejects the readers that an error concerns; true if there are any, so that the others can continue. */
  #refuse(wants: readonly Want[], error: unknown): boolean {
    if (!isOutOfRange(error)) return false
    const concerned = wants.filter(want => want.brokerTopic === error.topic && want.partition === error.partition)
    this.#reject(concerned, error)
    return concerned.length > 0
  }

  #reject(wants: readonly Want[], error: unknown): void {
    for (const want of wants) {
      // Its reader may want something else by now.
      if (this.#wants.get(want.key) === want) this.#wants.delete(want.key)
      want.reject(error)
    }
  }
}

/** Missing permission or undecodable bytes: waiting does not help. */
function isLasting(error: unknown): boolean {
  const { kind, code } = kafkaError(error)
  return kind === 'fatal' && code !== 'STEERFLOW_KAFKA_FAILED'
}

const placeOf = ({ brokerTopic, partition }: Want): string => `${brokerTopic}/${partition}`

/**
 * One reader of each partition, since a request can name a partition only once: the one furthest behind, since it is
 * served at once, while one at the end may wait forever.
 */
function lowest(wants: readonly Want[]): readonly Want[] {
  const found = new Map<string, Want>()
  for (const want of wants) {
    const other = found.get(placeOf(want))
    if (!other || want.from < other.from) found.set(placeOf(want), want)
  }
  return [...found.values()]
}

/** The loop of partitions without a known leader. */
const noLeader = '?'
