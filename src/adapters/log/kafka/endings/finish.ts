import { SteerflowError } from '../../../../domain/errors.js'
import { asked, soon } from '../asked.js'
import type { KafkaReport } from '../client-log.js'
import type { Broker, Cluster } from '../cluster.js'
import { ask, speaks } from '../compact.js'
import { isFencing, isLeaderless } from '../errors.js'
import {
  type DescribedTransaction,
  describeProducersKey,
  describeTransaction,
  describeTransactionsKey,
  type Places,
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

/**
 * Writes the ends of transactions that brokers forgot. A transaction is decided by its coordinator, then its end is written
 * into every partition. Brokers of Apache Kafka 4.3 and 4.4 leave out partitions that have no leader at that moment
 * (KAFKA-20734), as after the only broker was killed: what was committed stays open there, its offset with it, and the next
 * transaction of the same producer would end both, so that records made again are there twice. To be called before a new
 * writer is opened. It shuts the owner before out by itself, sooner than kafkajs would: that asks at ever longer intervals
 * while transactions of an owner at work are ended one after the other.
 */
export class Endings {
  readonly #open: OpenTransactions
  /** What is being ended, by transactional id: once others are shut out, the coordinator has forgotten the decision. */
  readonly #begun = new Map<string, Begun>()

  constructor(
    private readonly cluster: Cluster,
    /** The brokers' names of the topics that are written to. */
    topics: () => readonly string[],
    private readonly report: KafkaReport,
  ) {
    this.#open = new OpenTransactions(cluster, topics)
  }

  /** @throws STEERFLOW_KAFKA_BUSY while a transaction cannot be ended, and what kafkajs throws, as ours */
  async finish(writer: NextWriter): Promise<void> {
    const begun =
      this.#begun.get(writer.transactionalId) ?? (await asked(() => this.#decided(writer.transactionalId), soon))
    if (begun) await this.#end(writer, begun)
  }

  /** As whom a transactional id is written under now; null where brokers do not say. */
  async producer(transactionalId: string): Promise<string | null> {
    const now = await asked(async () => described(await this.#coordinator(transactionalId), transactionalId))
    return now && `${now.producerId}/${now.epoch}`
  }

  /** How the last transaction was decided; null when there is nothing to be ended. */
  async #decided(transactionalId: string): Promise<Begun | null> {
    const coordinator = await this.#coordinator(transactionalId)
    const last = await described(coordinator, transactionalId)
    if (!last) return null
    if (last.state === 'Ongoing') await this.#led(coordinator, last)
    const decision = decisions.get(last.state)
    if (decision) return { producerId: last.producerId, decision }
    if (!last.state.startsWith('Prepare')) return null
    throw new SteerflowError('STEERFLOW_KAFKA_BUSY', `transaction ${transactionalId} is still ending`)
  }

  #coordinator(transactionalId: string): Promise<Broker> {
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

  /** Where a producer's transaction is open; null when it is not. */
  async #left(coordinator: Broker, { groupId }: NextWriter, { producerId, decision }: Begun): Promise<Left | null> {
    const { open, hidden } = await this.#open.find(coordinator)
    const own = open.filter(one => one.producerId === producerId)
    const outputs = own.filter(({ topic }) => topic !== offsetsTopic)
    const offsets =
      groupId !== null && (own.length > outputs.length || (decision !== 'gone' && hidden.has(offsetsTopic)))
    return outputs.length > 0 || offsets ? { outputs: placesOf(outputs), offsets } : null
  }

  async #end(writer: NextWriter, begun: Begun): Promise<void> {
    try {
      // From the coordinator on: it may be another one by now.
      await asked(() => this.#write(writer, begun), soon)
      this.#begun.delete(writer.transactionalId)
    } catch (error) {
      if (isFencing(error)) this.#begun.delete(writer.transactionalId)
      throw error
    }
  }

  /**
   * Shuts everybody else out, then writes what is missing: a transaction without records has the ends of those before it
   * written.
   */
  async #write(writer: NextWriter, begun: Begun): Promise<void> {
    const { producerId, decision } = begun
    const { transactionalId, groupId, transactionTimeoutMs } = writer
    const coordinator = await this.#coordinator(transactionalId)
    const producer = await coordinator.initProducerId({ transactionalId, transactionTimeout: transactionTimeoutMs })
    this.#begun.set(transactionalId, begun)
    const left = await this.#left(coordinator, writer, begun)
    if (!left) return
    if (BigInt(producer.producerId) !== producerId) {
      const what = 'a transaction may stay open in some partitions: its producer is known no more'
      return this.report('error', what, { transactionalId, producerId: String(producerId) })
    }
    const transaction = { transactionalId, ...producer }
    const topics = [...left.outputs].map(([topic, partitions]) => ({ topic, partitions }))
    // Where the decision is gone nothing is lost, whatever it was: the records of an offset that does not count are made
    // again, those of one that counts are let through.
    const commit = decision === 'gone' ? !left.offsets : decision === 'commit'
    if (topics.length > 0) await coordinator.addPartitionsToTxn({ ...transaction, topics })
    if (left.offsets) await coordinator.addOffsetsToTxn({ ...transaction, groupId: groupId! })
    await coordinator.endTxn({ ...transaction, transactionResult: commit })
    const what = 'brokers may have left a transaction open in some partitions; it is ended there now'
    this.report(topics.length > 0 ? 'warn' : 'debug', what, { transactionalId, commit, ...left, outputs: topics })
  }
}

/** Null when there is none of that name, or the broker is older than these requests. */
async function described(coordinator: Broker, transactionalId: string): Promise<DescribedTransaction | null> {
  if (!speaks(coordinator, describeTransactionsKey) || !speaks(coordinator, describeProducersKey)) return null
  return ask(coordinator, describeTransaction(transactionalId))
}

/** What became of the last transaction; the coordinator forgets it when the next writer is opened. */
type Decision = 'commit' | 'abort' | 'gone'

const decisions: ReadonlyMap<string, Decision> = new Map([
  ['CompleteCommit', 'commit'],
  ['CompleteAbort', 'abort'],
  ['Empty', 'gone'],
  // It is aborted when the next writer is opened: what stays open then is of one before it.
  ['Ongoing', 'gone'],
])

/** Whose transaction is to be ended, and how. */
interface Begun {
  readonly producerId: bigint
  readonly decision: Decision
}

/** Where an end is missing: partitions of outputs, and whether the group's offsets. */
interface Left {
  readonly outputs: Places
  readonly offsets: boolean
}

/** Which kind of coordinator is looked for: 0 is a group's. */
const transactionCoordinator = 1
