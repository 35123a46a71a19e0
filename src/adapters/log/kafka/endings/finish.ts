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

/** The next writer under a transactional id. */
export interface NextWriter {
  readonly transactionalId: string
  /** The group whose offsets its transactions set. */
  readonly groupId: string | null
  readonly transactionTimeoutMs: number
}

/**
 * Writes the end markers of transactions that brokers forgot. The coordinator decides a transaction, then writes its
 * end into every partition. Brokers of Apache Kafka 4.3 and 4.4 omit partitions without a leader at that moment
 * (KAFKA-20734), e.g. after the only broker was killed: committed records stay open there, with their offset, and the
 * next transaction of the same producer would end both, so that repeated records would be there twice. Call it before
 * opening a new writer. It fences the previous owner itself, faster than kafkajs would: kafkajs retries at ever longer
 * intervals while transactions of a working owner end one after the other.
 */
export class Endings {
  readonly #open: OpenTransactions
  /** Endings under way, by transactional id: once others are fenced, the coordinator has forgotten the decision. */
  readonly #begun = new Map<string, Begun>()

  constructor(
    private readonly cluster: Cluster,
    /** The brokers' names of the topics that are written to. */
    topics: () => readonly string[],
    private readonly report: KafkaReport,
  ) {
    this.#open = new OpenTransactions(cluster, topics)
  }

  /** @throws STEERFLOW_KAFKA_BUSY while a transaction cannot be ended, and the errors of kafkajs, as ours */
  async finish(writer: NextWriter): Promise<void> {
    const begun =
      this.#begun.get(writer.transactionalId) ?? (await asked(() => this.#decided(writer.transactionalId), soon))
    if (begun) await this.#end(writer, begun)
  }

  /** The current producer of a transactional id; null if brokers do not report it. */
  async producer(transactionalId: string): Promise<string | null> {
    const now = await asked(async () => described(await this.#coordinator(transactionalId), transactionalId))
    return now && `${now.producerId}/${now.epoch}`
  }

  /** The decision on the last transaction; null if there is nothing to end. */
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

  /**
   * The new writer aborts the ongoing transaction, but not while a partition is without a leader and would be omitted.
   */
  async #led(coordinator: Broker, { places }: DescribedTransaction): Promise<void> {
    for (const topic of places.keys()) {
      await coordinator.metadata([topic]).catch((error: unknown) => {
        if (isLeaderless(error)) throw error
      })
    }
  }

  /** The partitions in which a producer's transaction is open; null if there are none. */
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
      // Starts from the coordinator lookup: it may have moved.
      await asked(() => this.#write(writer, begun), soon)
      this.#begun.delete(writer.transactionalId)
    } catch (error) {
      if (isFencing(error)) this.#begun.delete(writer.transactionalId)
      throw error
    }
  }

  /**
   * Fences all other writers, then writes the missing ends: a transaction without records makes the coordinator write
   * the ends of earlier ones.
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
      const what = 'a transaction may stay open in some partitions: its producer is no longer known'
      return this.report('error', what, { transactionalId, producerId: String(producerId) })
    }
    const transaction = { transactionalId, ...producer }
    const topics = [...left.outputs].map(([topic, partitions]) => ({ topic, partitions }))
    // Without a decision nothing is lost: records whose offset does not count are aborted and produced again, records
    // whose offset counts are made visible.
    const commit = decision === 'gone' ? !left.offsets : decision === 'commit'
    if (topics.length > 0) await coordinator.addPartitionsToTxn({ ...transaction, topics })
    if (left.offsets) await coordinator.addOffsetsToTxn({ ...transaction, groupId: groupId! })
    await coordinator.endTxn({ ...transaction, transactionResult: commit })
    const what = 'brokers may have left a transaction open in some partitions; it has been ended there'
    this.report(topics.length > 0 ? 'warn' : 'debug', what, { transactionalId, commit, ...left, outputs: topics })
  }
}

/** Null if the id is unknown, or the broker is older than these requests. */
async function described(coordinator: Broker, transactionalId: string): Promise<DescribedTransaction | null> {
  if (!speaks(coordinator, describeTransactionsKey) || !speaks(coordinator, describeProducersKey)) return null
  return ask(coordinator, describeTransaction(transactionalId))
}

/** Outcome of the last transaction; the coordinator forgets it when the next writer is opened. */
type Decision = 'commit' | 'abort' | 'gone'

const decisions: ReadonlyMap<string, Decision> = new Map([
  ['CompleteCommit', 'commit'],
  ['CompleteAbort', 'abort'],
  ['Empty', 'gone'],
  // The next writer aborts it: a transaction that stays open after that is an earlier one.
  ['Ongoing', 'gone'],
])

/** The producer whose transaction is to be ended, and the outcome. */
interface Begun {
  readonly producerId: bigint
  readonly decision: Decision
}

/** The missing ends: partitions of outputs, and possibly the group's offsets. */
interface Left {
  readonly outputs: Places
  readonly offsets: boolean
}

/** Type of coordinator; 0 is a group's. */
const transactionCoordinator = 1
