import { SteerflowError } from '../../../domain/errors.js'
import type { Batch, Claim, Offset, Output, ReadLimits } from '../../../runtime/log.js'
import { type PlacedRow, type LogInternals, readBatch } from './catalogue.js'
import type { Ownership } from './state.js'

/** One partition owned by one group, as long as its epoch is the stored one. */
export class EmbeddedClaim implements Claim {
  readonly #epoch: bigint
  #committed: Offset
  #position: Offset
  #released = false
  #fenced = false

  constructor(
    private readonly parts: LogInternals,
    readonly group: string,
    readonly topic: string,
    readonly partition: number,
    owned: Ownership,
    /** Called once when the claim is found to be fenced. */
    private readonly onFenced: () => void = () => undefined,
  ) {
    this.#committed = owned.offset
    this.#position = owned.offset
    this.#epoch = owned.epoch
  }

  get committed(): Offset {
    return this.#committed
  }

  async read(limits: ReadLimits, waitMs: number): Promise<Batch> {
    this.#held()
    const deadline = performance.now() + waitMs
    for (;;) {
      const batch = this.#next(limits)
      const left = deadline - performance.now()
      if (batch.next > this.#position || left <= 0 || this.#released) {
        this.#position = batch.next
        return batch
      }
      await this.parts.changes.next(left)
    }
  }

  async commit(from: Offset, to: Offset, outputs: readonly Output[]): Promise<void> {
    this.#held()
    const { catalogue, state, room } = this.parts
    const placed = this.parts.place(outputs)
    const bytes = placed.reduce((sum, record) => sum + record.bytes, 0)
    // A topic without records represents an external source, whose reader can wait.
    const share = catalogue.has(this.topic) ? 'node' : 'source'
    await room.write(share, bytes, begin => {
      const owned = this.#owned()
      if (owned.offset !== from) throw this.#bug(`commits from ${from}, but has committed ${owned.offset}`)
      this.#checkEnd(to, placed)
      begin()
      catalogue.append(placed)
      state.putOwnership(this.group, this.topic, this.partition, { ...owned, offset: to, committed: true })
    })
  }

  async rewind(): Promise<Offset> {
    this.#held()
    this.parts.refresh()
    this.#committed = this.#position = this.#owned().offset
    return this.#committed
  }

  async release(): Promise<void> {
    this.#released = true
    this.parts.changes.announce()
  }

  #next(limits: ReadLimits): Batch {
    this.parts.refresh()
    const owned = this.#owned()
    if (!this.parts.catalogue.has(this.topic)) return { records: [], next: this.#position }
    const { start } = this.parts.state.extent(this.topic, this.partition)
    if (this.#position < start) {
      const range = `${this.#position} to ${start - 1n}`
      const message = `${this.group} has not read offsets ${range} of ${this.topic}/${this.partition}: ${start - this.#position} records are gone`
      throw new SteerflowError('STEERFLOW_OFFSET_LOST', message)
    }
    try {
      return readBatch(this.parts, this.topic, this.partition, this.#position, limits)
    } catch (error) {
      // Reported after everything before it is committed, so that a skip of the damaged record skips nothing else.
      const waits = owned.offset < this.#position && error instanceof SteerflowError
      if (waits && error.code === 'STEERFLOW_LOG_DAMAGED') return { records: [], next: this.#position }
      throw error
    }
  }

  /** The stored ownership of this claim. @throws STEERFLOW_FENCED if a newer claim exists */
  #owned(): Ownership {
    const owned = this.parts.state.ownership(this.group, this.topic, this.partition)
    if (owned?.epoch === this.#epoch) return owned
    if (!this.#fenced && !this.#released) {
      this.#fenced = true
      queueMicrotask(this.onFenced)
    }
    throw new SteerflowError(
      'STEERFLOW_FENCED',
      `another run took over ${this.topic}/${this.partition} of ${this.group}`,
    )
  }

  #held(): void {
    if (!this.#released) return
    throw new SteerflowError('STEERFLOW_FENCED', `${this.topic}/${this.partition} of ${this.group} was given back`)
  }

  /** Rejects a commit beyond the end of the partition; a node may publish to its own input. */
  #checkEnd(to: Offset, placed: readonly PlacedRow[]): void {
    if (!this.parts.catalogue.has(this.topic)) return
    const own = placed.filter(({ topic, partition }) => topic === this.topic && partition === this.partition)
    const end = this.parts.state.extent(this.topic, this.partition).end + BigInt(own.length)
    if (to > end) throw this.#bug(`commits up to ${to}, but the partition ends at ${end}`)
  }

  #bug(what: string): SteerflowError {
    return new SteerflowError('STEERFLOW_BUG', `${this.group} on ${this.topic}/${this.partition} ${what}`)
  }
}

/**
 * Takes over partitions, all or none; call it inside a transaction. A group that never committed begins at the start of
 * the log, and retention waits for it from now on.
 */
export function takeOver(
  parts: LogInternals,
  group: string,
  topic: string,
  partitions: readonly number[],
): Ownership[] {
  return partitions.map(partition => {
    const before = parts.state.ownership(group, topic, partition)
    const start = parts.state.extent(topic, partition).start
    const owned = {
      epoch: (before?.epoch ?? 0n) + 1n,
      offset: before?.committed ? before.offset : start,
      committed: before?.committed ?? false,
    }
    parts.state.putOwnership(group, topic, partition, owned)
    return owned
  })
}
