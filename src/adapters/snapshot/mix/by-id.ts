/** A record with an id. */
interface Identified {
  readonly id: string
}

type Batches<T> = AsyncIterable<readonly T[]>

/**
 * Merges sources whose records are sorted by id; for equal ids, an earlier source comes first. A batch ends when a source
 * must be read, so memory holds one batch of each.
 */
export async function* mergedById<T extends Identified>(sources: readonly Batches<T>[]): Batches<T> {
  const cursors = sources.map(source => new Cursor(source[Symbol.asyncIterator]()))
  try {
    for (const cursor of cursors) await cursor.fill()
    for (;;) {
      const batch: T[] = []
      let next = least(cursors)
      if (next === null) return
      for (; next?.isEmpty === false; next = least(cursors)) batch.push(next.take())
      yield batch
      for (const cursor of cursors) await cursor.fill()
    }
  } finally {
    for (const cursor of cursors) await cursor.close()
  }
}

/** The source with the least id. A source that must be read first counts as the least. Null when all have ended. */
function least<T extends Identified>(cursors: readonly Cursor<T>[]): Cursor<T> | null {
  let found: Cursor<T> | null = null
  for (const cursor of cursors) {
    if (cursor.hasEnded) continue
    if (cursor.isEmpty) return cursor
    if (found === null || cursor.id < found.id) found = cursor
  }
  return found
}

/** The next record of a source. */
class Cursor<T extends Identified> {
  hasEnded = false
  #batch: readonly T[] = []
  #at = 0

  constructor(private readonly source: AsyncIterator<readonly T[]>) {}

  /** True if the current batch is used up. */
  get isEmpty(): boolean {
    return this.#at === this.#batch.length
  }

  get id(): string {
    return this.#batch[this.#at]!.id
  }

  take(): T {
    return this.#batch[this.#at++]!
  }

  async fill(): Promise<void> {
    while (this.isEmpty && !this.hasEnded) {
      const next = await this.source.next()
      this.hasEnded = next.done === true
      this.#batch = next.done ? [] : next.value
      this.#at = 0
    }
  }

  async close(): Promise<void> {
    await this.source.return?.()
  }
}
