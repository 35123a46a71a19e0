import { randomUUID } from 'node:crypto'
import type { Producer } from 'kafkajs'
import { asked } from './asked.js'
import { kafkaError } from './errors.js'
import { producerDefaults } from './connection.js'
import { type PlacedRecord, rounds } from './placement.js'
import { sendRound } from './send.js'
import { type TransactionSettings, TransactionWriter } from './transaction.js'

/**
 * Publishes outside of any claim, all or none. A single batch of one partition is atomic by itself; more needs a
 * transaction. Calls run one after the other, so that their order is the order in the log.
 */
export class Publisher {
  #plain: Promise<Producer> | null = null
  #transactional: Promise<TransactionWriter> | null = null
  #turn: Promise<unknown> = Promise.resolve()
  /** The same for every writer of this publisher, so that a new one ends the transaction of its predecessor. */
  readonly #transactionalId: string

  constructor(
    private readonly settings: TransactionSettings,
    namespace: string,
  ) {
    this.#transactionalId = `${namespace}.publish.${randomUUID()}`
  }

  publish(records: readonly PlacedRecord[]): Promise<void> {
    const turn = this.#turn.then(() => this.#send(records))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    await this.#turn
    await (await this.#plain)?.disconnect().catch(() => undefined)
    await (await this.#transactional)?.close()
  }

  async #send(records: readonly PlacedRecord[]): Promise<void> {
    const requests = rounds(records)
    const [first] = requests
    if (!first) return
    const places = new Set(records.map(({ topic, partition }) => `${topic}/${partition}`))
    try {
      if (requests.length === 1 && places.size === 1)
        await sendRound(await (this.#plain ??= this.#connect()), first, this.settings)
      else {
        this.#transactional ??= asked(() => TransactionWriter.open(this.#transactionalId, null, this.settings))
        await (await this.#transactional).commit(records, null)
      }
    } catch (error) {
      await this.#discard()
      throw kafkaError(error)
    }
  }

  /** After an error the writer is unusable. */
  async #discard(): Promise<void> {
    const [plain, transactional] = [this.#plain, this.#transactional]
    this.#plain = this.#transactional = null
    await plain?.then(producer => producer.disconnect()).catch(() => undefined)
    await transactional?.then(writer => writer.close()).catch(() => undefined)
  }

  async #connect(): Promise<Producer> {
    const producer = this.settings.kafka.producer({ ...producerDefaults, idempotent: true })
    await producer.connect()
    return producer
  }
}
