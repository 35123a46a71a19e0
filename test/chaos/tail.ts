import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Consumer } from 'kafkajs'
import '../support/kafka/sorted-aborts.js'
import { readAnswered } from './pipeline.js'

/** When a partition of the input first produced again. */
export interface Produced {
  readonly partition: number
  readonly afterMs: number
}

interface Arrival {
  readonly at: number
  readonly by: string
}

/** Follows the output as any reader of committed records sees it, with a bare kafkajs client. */
export class Tail {
  readonly #ids = new Set<string>()
  /** The last arrival of each input partition and worker. */
  readonly #latest = new Map<number, Map<string, Arrival>>()
  readonly #received = new Map<number, number>()
  /** Told of every arrival. */
  readonly #watchers = new Set<(partition: number, arrival: Arrival) => void>()
  #consumer: Consumer | null = null
  movedAt = performance.now()

  constructor(
    private readonly brokers: readonly string[],
    private readonly topic: string,
    private readonly partitionOf: (id: string) => number,
  ) {}

  async start(): Promise<void> {
    const kafka = new kafkajs.Kafka({
      brokers: [...this.brokers],
      retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 1000 },
      logLevel: kafkajs.logLevel.NOTHING,
    })
    const consumer = kafka.consumer({
      groupId: `tail-${randomUUID()}`,
      maxWaitTimeInMs: 100,
      sessionTimeout: 60_000,
      rebalanceTimeout: 60_000,
      metadataMaxAge: 5000,
    })
    this.#consumer = consumer
    await consumer.connect()
    await consumer.subscribe({ topics: [this.topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) if (value) this.#arrived(value)
      },
    })
  }

  async stop(): Promise<void> {
    await this.#consumer?.disconnect()
  }

  /** Different records seen so far. */
  get received(): number {
    return this.#ids.size
  }

  /** Of one partition of the input. */
  receivedOf(partition: number): number {
    return this.#received.get(partition) ?? 0
  }

  /** Waits until each of these partitions has produced a record by somebody else, and says how long each took. */
  async producedAgain(
    partitions: Iterable<number>,
    since: number,
    notBy: string,
    limitMs: number,
  ): Promise<readonly Produced[]> {
    const waiting = new Set(partitions)
    const produced: Produced[] = []
    const watch = (partition: number, { at, by }: Arrival): void => {
      if (by === notBy || at < since || !waiting.delete(partition)) return
      produced.push({ partition, afterMs: at - since })
    }
    for (const partition of waiting)
      for (const arrival of this.#latest.get(partition)?.values() ?? []) watch(partition, arrival)
    this.#watchers.add(watch)
    const deadline = performance.now() + limitMs
    while (waiting.size > 0 && performance.now() < deadline) await sleep(20)
    this.#watchers.delete(watch)
    if (waiting.size > 0) throw new Error(`partitions ${[...waiting].join(' ')} did not produce again in ${limitMs} ms`)
    return produced
  }

  #arrived(value: Buffer): void {
    const { id, by } = readAnswered(value)
    const partition = this.partitionOf(id)
    const arrival = { at: performance.now(), by }
    this.movedAt = arrival.at
    if (!this.#ids.has(id)) this.#received.set(partition, this.receivedOf(partition) + 1)
    this.#ids.add(id)
    const latest = this.#latest.get(partition) ?? new Map<string, Arrival>()
    this.#latest.set(partition, latest.set(by, arrival))
    for (const watch of this.#watchers) watch(partition, arrival)
  }
}
