import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../../domain/errors.js'
import { asked } from '../asked.js'
import { type KafkaReport } from '../client-log.js'
import { type Broker, type Cluster } from '../cluster.js'
import { ask, speaks } from '../compact.js'
import { isFencing, isLeaderless } from '../errors.js'
import {
  type DescribedTransaction,
  describeProducersKey,
  describeTransaction,
  describeTransactionsKey,
  placesOf,
} from './described.js'
import { offsetsTopic, OpenTransactions } from './open-transactions.js'

/** Whoever wants to write next under a transactional id. */
export interface NextWriter {
  readonly transactionalId: string
  /** The group whose offsets its transactions set. */
  readonly groupId: string | null
  readonly transactionTimeoutMs: number
}

/** How long a transaction may take to end that is decided, in milliseconds. */
const endingMs = 5000

/**
 * Writes the ends of transactions that brokers forgot. A transaction is decided by its coordinator, then its end is written
 * into every partition. Brokers of Apache Kafka 4.3 and 4.4 leave out partitions that have no leader at that moment
 * (KAFKA-20734), as after the only broker was killed: what was committed stays open there, its offset with it, and the next
 * transaction of the same producer would end both, so that records made again are there twice. To be called before a new
 * writer is opened; where nothing is open, it only asks.
 */
export class Endings {
  readonly #open: OpenTransactions
  /** What was begun to be ended, by transactional id: the coordinator has forgotten the decision by then. */
  readonly #begun = new Map<string, End>()

  constructor(
    private readonly cluster: Cluster,
    /** The brokers' names of the topics that are written to. */
    topics: () => readonly string[],
    private readonly report: KafkaReport,
  ) {
    this.#open = new OpenTransactions(cluster, topics)
  }

  /** @throws STEERFLOW_KAFKA_BUSY while a transaction cannot be ended, and what kafkajs throws */
  async finish(writer: NextWriter): Promise<void> {
    for (const deadline = performance.now() + endingMs; ; await sleep(20)) {
      const begun = this.#begun.get(writer.transactionalId)
      if (begun) return await this.#end(writer, begun)
      const coordinator = await this.#coordinator(writer)
      if (!speaks(coordinator, describeTransactionsKey) || !speaks(coordinator, describeProducersKey)) return
      const last = await ask(coordinator, describeTransaction(writer.transactionalId))
      if (!last) return
      if (last.state === 'Ongoing') return await this.#led(coordinator, last)
      const decision = decisions.get(last.state)
      if (decision) return await this.#complete(writer, last.producerId, decision)
      if (!last.state.startsWith('Prepare')) return
      if (performance.now() > deadline)
        throw new SteerflowError('STEERFLOW_KAFKA_BUSY', `transaction ${writer.transactionalId} is still ending`)
    }
  }

  #coordinator({ transactionalId }: NextWriter): Promise<Broker> {
    return this.cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: transactionCoordinator })
  }

  /** The new writer aborts what is under way: not while there is a partition where the end would be left out. */
  async #led(coordinator: Broker, { places }: DescribedTransaction): Promise<void> {
    for (const topic of places.keys()) {
      await coordinator.metadata([topic]).catch((error: unknown) => {
        if (isLeaderless(error)) throw error
      })
    }
  }

  async #complete(writer: NextWriter, producerId: bigint, decision: Decision): Promise<void> {
    const { open, hidden } = await this.#open.find(await this.#coordinator(writer))
    const left = open.filter(one => one.producerId === producerId)
    const decided = decision !== 'gone'
    const offsets =
      writer.groupId !== null &&
      (left.some(({ topic }) => topic === offsetsTopic) || (decided && hidden.has(offsetsTopic)))
    const outputs = left.filter(({ topic }) => topic !== offsetsTopic)
    if (outputs.length === 0 && !offsets) return
    // Somebody may have opened a writer and gone, which took the decision away. Then nothing is lost, whatever it was: the
    // records of an offset that does not count are made again, those of one that counts are let through.
    const commit = decided ? decision === 'commit' : !offsets
    const end = { producerId, outputs, offsets, commit }
    this.#begun.set(writer.transactionalId, end)
    await this.#end(writer, end)
  }

  async #end(writer: NextWriter, end: End): Promise<void> {
    try {
      await asked(() => this.#write(writer, end))
      this.#begun.delete(writer.transactionalId)
    } catch (error) {
      if (isFencing(error)) this.#begun.delete(writer.transactionalId)
      throw error
    }
  }

  /** A transaction without records has the ends of those before it written. */
  async #write(writer: NextWriter, { producerId, outputs, offsets, commit }: End): Promise<void> {
    const { transactionalId, groupId, transactionTimeoutMs } = writer
    const coordinator = await this.#coordinator(writer)
    const producer = await coordinator.initProducerId({ transactionalId, transactionTimeout: transactionTimeoutMs })
    if (BigInt(producer.producerId) !== producerId) {
      const what = 'a transaction stays open in some partitions: its producer is known no more'
      return this.report('error', what, { transactionalId, producerId: String(producerId) })
    }
    const transaction = { transactionalId, ...producer }
    const topics = [...placesOf(outputs)].map(([topic, partitions]) => ({ topic, partitions }))
    if (topics.length > 0) await coordinator.addPartitionsToTxn({ ...transaction, topics })
    if (offsets) await coordinator.addOffsetsToTxn({ ...transaction, groupId: groupId! })
    await coordinator.endTxn({ ...transaction, transactionResult: commit })
    const what = 'brokers may have left a transaction open in some partitions; it is ended there now'
    this.report(outputs.length > 0 ? 'warn' : 'debug', what, {
      transactionalId,
      commit,
      outputs: outputs.length,
      offsets,
    })
  }
}

/** What became of the last transaction; the coordinator forgets it when the next writer is opened. */
type Decision = 'commit' | 'abort' | 'gone'

const decisions: ReadonlyMap<string, Decision> = new Map([
  ['CompleteCommit', 'commit'],
  ['CompleteAbort', 'abort'],
  ['Empty', 'gone'],
])

/** How a transaction is to be ended, and where. */
interface End {
  readonly producerId: bigint
  readonly outputs: readonly { readonly topic: string; readonly partition: number }[]
  readonly offsets: boolean
  readonly commit: boolean
}

/** Which kind of coordinator is looked for: 0 is a group's. */
const transactionCoordinator = 1
