import type { Broker, Cluster } from '../cluster.js'
import { ask } from '../compact.js'
import { isLeaderless, isNotAuthorized, isUnknownTopic } from '../errors.js'
import { describeOpenTransactions, type OpenTransaction, placesOf } from './described.js'

/** The topic of group offsets; a transaction that sets offsets has to be ended there too. */
export const offsetsTopic = '__consumer_offsets'

/** The open transactions, and the topics that brokers may not describe. */
export interface FoundTransactions {
  readonly open: readonly OpenTransaction[]
  readonly hidden: ReadonlySet<string>
}

/**
 * The transactions that are open in the partitions of topics and of group offsets, according to their leaders.
 * Concurrent callers share one query, which begins after the last call.
 */
export class OpenTransactions {
  #running: Promise<unknown> = Promise.resolve()
  #next: Promise<FoundTransactions> | null = null

  constructor(
    private readonly cluster: Pick<Cluster, 'findBroker'>,
    /** The brokers' names of the topics. */
    private readonly topics: () => readonly string[],
  ) {}

  /** @param via a reachable broker, which provides the leaders */
  find(via: Pick<Broker, 'metadata'>): Promise<FoundTransactions> {
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        const look = this.#look(via)
        this.#running = look
        this.#next = null
        return look
      })
    return this.#next
  }

  async #look(via: Pick<Broker, 'metadata'>): Promise<FoundTransactions> {
    const topics = [...this.topics(), offsetsTopic]
    const led = await Promise.all(topics.map(async topic => ({ topic, partitions: await leadersOf(via, topic) })))
    const hidden = new Set(led.filter(({ partitions }) => !partitions).map(({ topic }) => topic))
    const places = led.flatMap(({ topic, partitions }) =>
      (partitions ?? []).map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader })),
    )
    const leaders = [...new Set(places.map(({ leader }) => leader))]
    const answers = await Promise.all(
      leaders.map(async nodeId => {
        const led = placesOf(places.filter(({ leader }) => leader === nodeId))
        return ask(await this.cluster.findBroker({ nodeId: String(nodeId) }), describeOpenTransactions(led))
      }),
    )
    for (const answer of answers) for (const topic of answer.hidden) hidden.add(topic)
    return { open: answers.flatMap(({ open }) => open), hidden }
  }
}

/**
 * The leaders of a topic's partitions; null if the broker may not describe it. A topic that is being created or deleted
 * has none.
 */
async function leadersOf(
  via: Pick<Broker, 'metadata'>,
  topic: string,
): Promise<readonly { readonly partitionId: number; readonly leader: number }[] | null> {
  try {
    const { topicMetadata } = await via.metadata([topic])
    return topicMetadata.flatMap(({ partitionMetadata }) => partitionMetadata)
  } catch (error) {
    if (isNotAuthorized(error)) return null
    if (isUnknownTopic(error) || isLeaderless(error)) return []
    throw error
  }
}
