import { asSteerflowError, SteerflowError } from '../../../domain/errors.js'
import type { Store } from './store.js'
import type { State } from './state.js'

/** Interval at which waiting readers check for writes of other processes, in milliseconds. */
const pollMs = 20

/**
 * Wakes waiters after a change of the log: at once for changes of this process, and every `pollMs` for those of others,
 * which LMDB does not announce. It polls only while there are waiters.
 */
export class Changes {
  readonly #waiting = new Set<() => void>()
  #poll: NodeJS.Timeout | undefined

  announce(): void {
    clearTimeout(this.#poll)
    this.#poll = undefined
    const woken = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of woken) wake()
  }

  /** Resolves at the next announcement, at the next poll, or after `ms` milliseconds. */
  next(ms: number): Promise<void> {
    if (ms < pollMs) return new Promise(resolve => void setTimeout(resolve, ms))
    return new Promise(resolve => {
      this.#waiting.add(resolve)
      this.#poll ??= setTimeout(() => this.announce(), pollMs)
    })
  }
}

interface WriteRequest {
  readonly bytes: number
  /** Runs inside the transaction. */
  readonly attempt: () => WriteOutcome
  readonly fail: (error: unknown) => void
}

interface WriteOutcome {
  readonly wrote: boolean
  readonly error?: unknown
  /** Settles the caller's promise; called when the transaction is on disk. */
  readonly settle: () => void
}

/** A transaction accepts no more requests beyond this size. */
const transactionBytes = 32 << 20

/** A request calls it before its first write: a failure after that undoes the whole transaction. */
export type BeginWrite = () => void

/**
 * Group commit: all requests of one turn of the event loop share a transaction and its fsync. Each request is accepted
 * or rejected on its own.
 */
export class Writer {
  readonly #queue: WriteRequest[] = []
  #scheduled = false
  #idle: () => void = () => undefined

  constructor(
    private readonly store: Store,
    /** Called before each transaction, outside of it. */
    private readonly before: () => void,
    /** Called when a transaction is on disk. */
    private readonly committed: () => void,
  ) {}

  /**
   * Runs `work` in a transaction; resolves when it is on disk. `work` reads and checks first, and throws to reject;
   * then it calls `begin` and writes.
   * @param bytes size of its writes
   */
  write<T>(bytes: number, work: (begin: BeginWrite) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const attempt = (): WriteOutcome => {
        let wrote = false
        try {
          const result = work(() => (wrote = true))
          return { wrote, settle: () => resolve(result) }
        } catch (error) {
          const reason = error instanceof Error ? error : asSteerflowError(error)
          return { wrote, error, settle: () => reject(reason) }
        }
      }
      this.#queue.push({ bytes, attempt, fail: reject })
      this.#schedule()
    })
  }

  /** Resolves when no write is pending. */
  async drained(): Promise<void> {
    if (this.#scheduled) await new Promise<void>(resolve => (this.#idle = resolve))
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    const batch = this.#fitting(this.#take())
    try {
      this.before()
      const outcomes = this.store.transaction(() => batch.map(judged))
      for (const { settle } of outcomes) settle()
      if (outcomes.some(({ wrote }) => wrote)) this.committed()
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
    this.#scheduled = false
    if (this.#queue.length > 0) this.#schedule()
    else this.#idle()
  }

  /** Drops the requests that the disk may have no room for; those that write no record stay. */
  #fitting(batch: WriteRequest[]): WriteRequest[] {
    const bytes = batch.reduce((sum, request) => sum + request.bytes, 0)
    if (bytes === 0 || this.store.hasRoomFor(bytes)) return batch
    for (const request of batch) if (request.bytes > 0) request.fail(this.store.full())
    return batch.filter(request => request.bytes === 0)
  }

  #take(): WriteRequest[] {
    let bytes = 0
    let count = 0
    do bytes += this.#queue[count++]?.bytes ?? 0
    while (count < this.#queue.length && bytes < transactionBytes)
    return this.#queue.splice(0, count)
  }
}

/** A rejection leaves no trace and does not affect other requests; a failure half-way undoes the transaction. */
function judged(request: WriteRequest): WriteOutcome {
  const outcome = request.attempt()
  if (outcome.wrote && outcome.error !== undefined) throw asSteerflowError(outcome.error)
  return outcome
}

/**
 * Origin of the records. Sources wait first: the last fifth of the budget is reserved for nodes, so that they can
 * process what has been ingested.
 */
export type WriterClass = 'source' | 'node'

export const shares: Readonly<Record<WriterClass, number>> = { source: 0.8, node: 1 }

export interface Budget {
  /** Bytes of disk for records; null: the disk is the limit. */
  readonly maxBytes: number | null
  /** Milliseconds that a writer waits for room before it fails. */
  readonly waitMs: number
}

class NoRoom extends Error {}

/** The disk budget: writers wait in order, until retention or a higher budget makes room. */
export class DiskBudget {
  readonly #waiting: Record<WriterClass, object[]> = { source: [], node: [] }

  constructor(
    private readonly writer: Writer,
    private readonly state: State,
    private readonly changes: Changes,
    private readonly budget: Budget,
    private readonly refresh: () => void,
  ) {}

  get maxBytes(): number | null {
    return this.budget.maxBytes
  }

  /**
   * Like `Writer.write`, for records of `bytes` bytes on disk.
   * @throws STEERFLOW_LOG_FULL if there was no room for the whole of `waitMs`
   */
  async write<T>(share: WriterClass, bytes: number, work: (begin: BeginWrite) => T): Promise<T> {
    const attempt = () => this.writer.write(bytes, begin => work(() => this.#enter(share, bytes, begin)))
    // New writes queue behind waiting ones. A write of zero bytes goes ahead: advancing an offset may let retention
    // free space.
    if (bytes === 0 || this.#waiting[share].length === 0) {
      try {
        return await attempt()
      } catch (thrown) {
        if (!(thrown instanceof NoRoom)) throw thrown
      }
    }
    return this.#wait(share, bytes, attempt)
  }

  #enter(share: WriterClass, bytes: number, begin: BeginWrite): void {
    if (bytes > 0 && !this.#fits(share, bytes)) throw new NoRoom()
    begin()
  }

  #fits(share: WriterClass, bytes: number): boolean {
    const { maxBytes } = this.budget
    return maxBytes === null || Number(this.state.used) + bytes <= maxBytes * shares[share]
  }

  async #wait<T>(share: WriterClass, bytes: number, attempt: () => Promise<T>): Promise<T> {
    const queue = this.#waiting[share]
    const ticket = {}
    queue.push(ticket)
    const deadline = performance.now() + this.budget.waitMs
    try {
      for (;;) {
        this.refresh()
        if (queue[0] === ticket && this.#fits(share, bytes)) {
          try {
            return await attempt()
          } catch (thrown) {
            if (!(thrown instanceof NoRoom)) throw thrown
          }
        }
        const left = deadline - performance.now()
        if (left <= 0) throw this.#full(bytes)
        await this.changes.next(left)
      }
    } finally {
      queue.splice(queue.indexOf(ticket), 1)
      this.changes.announce()
    }
  }

  #full(bytes: number): SteerflowError {
    const { maxBytes, waitMs } = this.budget
    const message = `${this.state.used} of ${maxBytes} bytes are in use, and ${bytes} more found no room within ${waitMs} ms`
    return new SteerflowError('STEERFLOW_LOG_FULL', message)
  }
}
