/** Something with a place among others of its kind. */
interface Identified {
  readonly id: string
}

type Batches<T> = AsyncIterable<readonly T[]>

/**
 * Merges records that stand in the order of their ids, each source by itself, into one order; of equal ids those of an
 * earlier source come first. A batch ends where a source has to be waited for: one of each is in memory.
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

/** Where the least id is; a source that has to be asked for more first counts as the least. Null when all have ended. */
function least<T extends Identified>(cursors: readonly Cursor<T>[]): Cursor<T> | null {
  let found: Cursor<T> | null = null
  for (const cursor of cursors) {
    if (cursor.hasEnded) continue
    if (cursor.isEmpty) return cursor
    if (found === null || cursor.id < found.id) found = cursor
  }
  return found
}

/** The first record of a source that was not taken yet. */
class Cursor<T extends Identified> {
  hasEnded = false
  #batch: readonly T[] = []
  #at = 0

  constructor(private readonly source: AsyncIterator<readonly T[]>) {}

  /** Whether everything that the source gave was taken. */
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
