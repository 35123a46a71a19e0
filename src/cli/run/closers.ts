/** What is to be closed again: in the order opposite to that of opening, all of it, whatever fails on the way. */
export class Closers {
  #all: (() => unknown)[] = []

  /** Remembers how something is closed; returns it. */
  add<T>(opened: T, close: (opened: T) => unknown): T {
    this.#all.push(() => close(opened))
    return opened
  }

  /** Closes everything, once. @throws the first error of those that closing met */
  async close(): Promise<void> {
    const all = this.#all.reverse()
    this.#all = []
    const errors: unknown[] = []
    for (const close of all) {
      try {
        await close()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

/** Opens several things; where one of them fails, those before it are closed again. */
export async function openedTogether<T>(open: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = new Closers()
  try {
    return await open(closers)
  } catch (error) {
    await closers.close().catch(() => undefined)
    throw error
  }
}
