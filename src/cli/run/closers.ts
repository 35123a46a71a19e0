/** A stack of resources to close, in reverse order of opening; an error does not stop the others from closing. */
export class Closers {
  #all: (() => unknown)[] = []

  /** Registers how to close a resource; returns the resource. */
  add<T>(opened: T, close: (opened: T) => unknown): T {
    this.#all.push(() => close(opened))
    return opened
  }

  /** Closes everything, once. @throws the first error of closing */
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

/** Opens several resources; if one fails, the earlier ones are closed. */
export async function openedTogether<T>(open: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = new Closers()
  try {
    return await open(closers)
  } catch (error) {
    await closers.close().catch(() => undefined)
    throw error
  }
}
