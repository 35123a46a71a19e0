import { SteerflowError } from '../../../domain/errors.js'
import type { Changes, BeginWrite, Writer } from './writer.js'
import type { State } from './state.js'

/**
 * Whose records they are. Sources wait first: the last fifth of the budget is kept for nodes, so that what has been
 * taken in can still be worked off.
 */
export type WriterClass = 'source' | 'node'

export const shares: Readonly<Record<WriterClass, number>> = { source: 0.8, node: 1 }

export interface Budget {
  /** Bytes of disk for records; null: the disk itself is the limit. */
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
   * As `Writer.write`, for records of `bytes` bytes of disk.
   * @throws STEERFLOW_LOG_FULL when there was no room for the whole of `waitMs`
   */
  async write<T>(share: WriterClass, bytes: number, work: (begin: BeginWrite) => T): Promise<T> {
    const attempt = () => this.writer.write(bytes, begin => work(() => this.#enter(share, bytes, begin)))
    // Whoever comes while others wait goes behind them, except who needs no room: its offset may let retention make some.
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
    const message = `${this.state.used} of ${maxBytes} bytes are taken and ${bytes} more were not given room in ${waitMs} ms`
    return new SteerflowError('STEERFLOW_LOG_FULL', message)
  }
}
