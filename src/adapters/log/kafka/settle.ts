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

export interface CommitterParts {
  readonly ledger: Ledger
  /** Opens a writer, which fences every older one. */
  readonly open: () => Promise<ClaimWriter>
  /** Resolves when this process is known to be entitled to the partition; rejects when it no longer is. */
  readonly entitled: () => Promise<void>
  /** The claim's partition and group, for messages. */
  readonly what: string
}

const waits = { first: 50, most: 2000 }
/** How long an old writer may take to close, in milliseconds. */
const closeMs = 500

/**
 * The commits of one claim. Each stores a mark of its own beside the offset. If the response to a commit is lost, or a
 * broker fails in the middle of it, a new writer is opened, which ends the open transaction, and the stored mark then
 * tells whether the commit happened. Our mark: it did. The previous mark: it did not, and is repeated. Any other:
 * another process has taken over. So a failed broker costs only time, and no work is lost.
 */
export class Committer {
  readonly #name = randomUUID().slice(0, 8)
  #count = 0
  #writer: ClaimWriter | null
  /** The latest writer, also after it was discarded. */
  #last: ClaimWriter
  #stored: Stored
  #before = ''
  /** The entry of the last attempted commit. */
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
   * Fences, then reads the stored progress. In the other order an older owner's commit could still arrive after the
   * read (docs/reference/kafka.md#fence-before-reading-offsets).
   * @param first makes the entry to store if there is none
   */
  static async open(parts: CommitterParts, first: () => Promise<FirstEntry>): Promise<Committer> {
    const writer = await parts.open()
    try {
      const stored = await parts.ledger.stored()
      if (stored) return new Committer(parts, writer, stored)
      const { entry, records } = await first().catch(async (thrown: unknown) => {
        // A process that took over in between has begun the group: the missing offset is no longer an error.
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
   * True if the visible progress is the one before our last commit: a coordinator reports a commit a moment before its
   * offsets are visible.
   */
  isBehind(seen: Stored | undefined): boolean {
    return seen !== undefined && seen.mark === this.#before && seen.mark !== this.#stored.mark
  }

  /**
   * @throws STEERFLOW_FENCED if another process has committed since, STEERFLOW_BUG if `from` is not the stored offset.
   */
  async expect(from: bigint): Promise<void> {
    this.#check()
    if (from === this.committed) return
    const stored = await this.parts.ledger.stored()
    if (stored?.mark !== this.#stored.mark) throw this.#fence(new Error('another mark is stored'))
    throw new SteerflowError('STEERFLOW_BUG', `${this.parts.what}: commits from ${from}, not ${this.committed}`)
  }

  /** Publishes records and stores the offset. @throws STEERFLOW_FENCED, and errors that a retry does not help */
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
        // An unknown error may still be temporary: a new writer clears it, or shows that it is not.
        if (!isPassing(error) && !(error.code === 'STEERFLOW_KAFKA_FAILED' && attempt < 5)) throw error
        await sleep(backoff(attempt, waits))
      }
    }
  }

  /** Finds out how the last commit ended, if unknown. @throws STEERFLOW_FENCED, and errors that are worth a retry */
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
   * Aborts a commit under way, and all later ones. It does not wait for brokers that do not respond, so that a
   * partition can move while outputs are blocked: if the commit succeeds after all, it does so before the next owner's
   * fence, or not at all.
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

  /** Makes sure that there is a writer. False if the intended commit turns out to have happened. */
  async #ready(next: Stored): Promise<boolean> {
    if (this.#writer) return true
    // After a long pause this process may have lost the partition: a new writer would fence its rightful owner.
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

/** The entry that a group stores at its beginning, with the records to publish beside it. */
export interface FirstEntry {
  readonly entry: Stored
  readonly records: readonly PlacedRecord[]
}
