import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { type Offset, offset } from '../../../runtime/log.js'
import { backoff } from '../../../runtime/retry.js'
import { isFencing, isPassing, kafkaError } from './errors.js'
import type { Ledger, LedgerEntry, Stored } from './ledger.js'
import type { PlacedRecord } from './placement.js'
import type { ClaimWriter } from './writer.js'
import { race } from '../../../runtime/concurrency.js'

/** What a claim's commits need. */
export interface CommitterParts {
  readonly ledger: Ledger
  /** Opens a writer; behind it every older one is shut out. */
  readonly open: () => Promise<ClaimWriter>
  /** Resolves when this process is known to be entitled to the partition; rejects when it is not any more. */
  readonly entitled: () => Promise<void>
  /** What the claim is of, for messages. */
  readonly what: string
}

const waits = { first: 50, most: 2000 }
/** How long a writer that is done with may take to say goodbye, in milliseconds. */
const closeMs = 500

/**
 * The commits of one claim. Each stores a mark of its own beside the offset. When the answer to a commit is lost, or a
 * broker fails in the middle of it, a new writer is opened, which ends whatever was begun, and what is stored then says
 * whether the commit happened: our mark, it did; the mark before it, it did not, and is made again; any other, somebody
 * else has taken over. So a broker that goes away costs a wait, and nothing of what was worked out.
 */
export class Committer {
  readonly #name = randomUUID().slice(0, 8)
  #count = 0
  #writer: ClaimWriter | null
  /** The last one, done with or not. */
  #last: ClaimWriter
  #stored: Stored
  #before = ''
  /** What the last commit was to store. */
  #tried: Stored | null = null
  #stopped: SteerflowError | null = null
  #giveUp: (reason: SteerflowError) => void = () => undefined

  private constructor(
    private readonly parts: CommitterParts,
    writer: ClaimWriter,
    stored: Stored,
  ) {
    this.#writer = this.#last = writer
    this.#stored = stored
  }

  /**
   * Fences, then reads what is stored, in this order: the other way round an older owner's commit could still land
   * behind what was read (docs/reference/kafka.md#fence-before-reading-offsets).
   * @param first what is stored where nothing is yet, published by it
   */
  static async open(parts: CommitterParts, first: () => Promise<FirstEntry>): Promise<Committer> {
    const writer = await parts.open()
    try {
      const stored = await parts.ledger.stored()
      if (stored) return new Committer(parts, writer, stored)
      const { entry, records } = await first().catch(async (thrown: unknown) => {
        // Somebody who took over in between has begun the group: that an offset is missing is no news any more.
        if ((await writer.isShutOut()) || (await parts.ledger.stored())) throw fencedFrom(parts, thrown)
        throw thrown
      })
      const begun = parts.ledger.entry(entry)
      await writer.commit([...records], begun)
      return new Committer(parts, writer, entry)
    } catch (error) {
      await writer.close()
      throw error
    }
  }

  get committed(): Offset {
    return this.#stored.offset
  }

  /**
   * Whether what is seen to be stored is what was before our last commit: a coordinator says that a transaction is
   * committed a moment before its offsets are seen.
   */
  isBehind(seen: Stored | undefined): boolean {
    return seen !== undefined && seen.mark === this.#before && seen.mark !== this.#stored.mark
  }

  /** @throws STEERFLOW_FENCED when somebody else has stored something since, STEERFLOW_BUG when `from` is not what is stored. */
  async expect(from: bigint): Promise<void> {
    this.#check()
    if (from === this.committed) return
    const stored = await this.parts.ledger.stored()
    if (stored?.mark !== this.#stored.mark) throw this.#fence(new Error('another mark is stored'))
    throw new SteerflowError('STEERFLOW_BUG', `${this.parts.what}: commits from ${from}, not ${this.committed}`)
  }

  /** Publishes records and stores the offset. @throws STEERFLOW_FENCED, and whatever is not worth trying again */
  async commit(to: bigint, records: readonly PlacedRecord[]): Promise<void> {
    const next: Stored = { offset: offset(to), mark: `${this.#name}.${++this.#count}` }
    const entry = this.parts.ledger.entry(next)
    this.#tried = next
    for (let attempt = 1; ; attempt++) {
      this.#check()
      try {
        return await this.#unlessStopped(this.#attempt(next, records, entry))
      } catch (thrown) {
        await this.#discard()
        this.#check()
        if (isFencing(thrown)) throw this.#fence(thrown)
        const error = kafkaError(thrown)
        // What the client cannot name may still be of the moment: a writer of its own settles it, or shows that it is not.
        if (!isPassing(error) && !(error.code === 'STEERFLOW_KAFKA_FAILED' && attempt < 5)) throw error
        await sleep(backoff(attempt, waits))
      }
    }
  }

  /** Finds out how the last commit ended, where that is not known. @throws STEERFLOW_FENCED, and what is worth trying again */
  async settle(): Promise<void> {
    this.#check()
    try {
      await this.#unlessStopped(this.#ready(this.#tried ?? this.#stored))
    } catch (thrown) {
      await this.#discard()
      this.#check()
      throw isFencing(thrown) ? this.#fence(thrown) : kafkaError(thrown)
    }
  }

  /**
   * Ends a commit under way, and all that would follow. Brokers that answer nothing are not waited for, so that a
   * partition can be handed over while outputs are blocked: should the commit land after all, it does so before the next
   * owner's fence, or not at all.
   */
  async stop(reason: SteerflowError): Promise<void> {
    this.#stopped ??= reason
    this.#giveUp(this.#stopped)
    await this.#discard()
  }

  async #attempt(next: Stored, records: readonly PlacedRecord[], entry: LedgerEntry): Promise<void> {
    if (!(await this.#ready(next))) return
    await this.#writer!.commit(records, entry)
    this.#before = this.#stored.mark
    this.#stored = next
  }

  #unlessStopped<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject
      work.then(resolve, reject)
    })
  }

  /** Sees to it that there is a writer. False when the commit that is to be made turns out to have happened. */
  async #ready(next: Stored): Promise<boolean> {
    if (this.#writer) return true
    // Somebody who was away for long may have lost the partition: a writer opened now would shut out its lawful owner.
    await this.parts.entitled()
    this.#check()
    if (await this.#last.isShutOut()) throw this.#fence(new Error('another writer was opened'))
    const writer = await this.parts.open()
    if (this.#stopped) await writer.close()
    this.#check()
    this.#writer = this.#last = writer
    const stored = await this.parts.ledger.stored()
    this.#check()
    if (stored?.mark === next.mark) {
      this.#stored = next
      return false
    }
    if (stored?.mark !== this.#stored.mark || stored.offset !== this.#stored.offset)
      throw this.#fence(new Error(`offset ${String(stored?.offset)} was stored by another`))
    return true
  }

  #fence(cause: unknown): SteerflowError {
    this.#stopped = fencedFrom(this.parts, cause)
    return this.#stopped
  }

  #check(): void {
    if (this.#stopped) throw this.#stopped
  }

  async #discard(): Promise<void> {
    const writer = this.#writer
    this.#writer = null
    if (writer) await race([writer.close(), sleep(closeMs, undefined, { ref: false })])
  }
}

const fencedFrom = ({ what }: Pick<CommitterParts, 'what'>, cause: unknown): SteerflowError =>
  new SteerflowError('STEERFLOW_FENCED', `another run took over ${what}`, { cause })

/** What a group stores at its beginning, and records that go with it. */
export interface FirstEntry {
  readonly entry: Stored
  readonly records: readonly PlacedRecord[]
}
