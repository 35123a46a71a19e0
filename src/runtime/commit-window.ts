import type { LogRecord, Offset, Output } from './log.js'

/** A record under way: `outputs` is null until it has been worked through. */
export interface Item {
  readonly record: LogRecord
  outputs: readonly Output[] | null
}

/** A piece of finished work that can be committed at once. */
export interface Prefix {
  readonly items: number
  /** The committed offset afterwards. */
  readonly to: Offset
  readonly outputs: readonly Output[]
}

/**
 * The records of one partition between reading and commit: worked on in any order, committed in order
 * (ARCHITECTURE.md#rules-of-the-runtime; why: docs/reference/stream-processing.md#windows). Bounded by count and bytes.
 */
export class CommitWindow {
  readonly #items: Item[] = []
  #bytes = 0
  #next: Offset

  constructor(
    readonly limits: { readonly records: number; readonly bytes: number },
    from: Offset,
  ) {
    this.#next = from
  }

  /** Records read and not yet committed. */
  get size(): number {
    return this.#items.length
  }

  /** Where reading goes on. */
  get next(): Offset {
    return this.#next
  }

  /** What may still be taken in; a single record larger than the bound is let in when the window is empty. */
  get room(): { readonly records: number; readonly bytes: number } {
    const records = this.limits.records - this.#items.length
    const bytes = this.limits.bytes - this.#bytes
    return bytes <= 0 ? { records: 0, bytes: 0 } : { records, bytes }
  }

  /** Takes in what was read; `next` may lie behind the last record, where aborted and control records follow it. */
  push(records: readonly LogRecord[], next: Offset): readonly Item[] {
    const items = records.map(record => ({ record, outputs: null }))
    this.#items.push(...items)
    for (const record of records) this.#bytes += record.value.byteLength
    this.#next = next
    return items
  }

  /** The finished records from the front, at most `records` of them and `bytes` of outputs; null when there are none. */
  prefix(committed: Offset, records = 1000, bytes = 16 << 20): Prefix | null {
    const outputs: Output[] = []
    let items = 0
    let size = 0
    for (const item of this.#items) {
      if (!item.outputs || items === records || (items > 0 && size >= bytes)) break
      for (const output of item.outputs) {
        outputs.push(output)
        size += output.value.byteLength
      }
      items++
    }
    const behind = this.#items[items]
    const to = behind ? behind.record.offset : this.#next
    return to > committed ? { items, to, outputs } : null
  }

  /** The first `items`. */
  first(items: number): readonly Item[] {
    return this.#items.slice(0, items)
  }

  /** Forgets the first `items` after their commit. */
  shift(items: number): void {
    for (const item of this.#items.splice(0, items)) this.#bytes -= item.record.value.byteLength
  }
}
