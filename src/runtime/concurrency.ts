/**
 * Lets at most `limit()` holders in at a time; the limit may change while it is used. Each waiter queues in its lane. Lanes
 * are served in turn, each in the order of arrival, so that a new lane does not wait for everything that others have queued:
 * a partition that was just taken over starts at once, even if the others have full windows.
 */
export class Semaphore {
  /** The lane that is served next comes first. Lanes without waiters are not here. */
  readonly #lanes = new Map<object, (() => void)[]>()
  #holders = 0

  constructor(private readonly limit: () => number) {}

  /** Takes a permit if one is free; returns whether it did. */
  tryAcquire(): boolean {
    if (this.#holders >= this.limit()) return false
    this.#holders++
    return true
  }

  async acquire(lane: object): Promise<void> {
    if (this.tryAcquire()) return
    await new Promise<void>(resolve => {
      const waiting = this.#lanes.get(lane)
      if (waiting) waiting.push(resolve)
      else this.#lanes.set(lane, [resolve])
    })
  }

  release(): void {
    this.#holders--
    for (const [lane, waiting] of this.#lanes) {
      if (!this.tryAcquire()) return
      this.#lanes.delete(lane)
      const enter = waiting.shift()!
      if (waiting.length > 0) this.#lanes.set(lane, waiting)
      enter()
    }
  }
}

/** Wakes all that wait for a change; a raise without waiters is remembered once. */
export class Wakeup {
  #raised = false
  readonly #waiting = new Set<() => void>()

  raise(): void {
    this.#raised = true
    for (const wake of this.#waiting) wake()
  }

  /** Resolves at the next raise, at once if one was missed, or after `ms` milliseconds. */
  async wait(ms: number): Promise<void> {
    if (!this.#raised) {
      await new Promise<void>(resolve => {
        const wake = (): void => {
          clearTimeout(timer)
          this.#waiting.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        this.#waiting.add(wake)
      })
    }
    this.#raised = false
  }
}

interface Raced {
  settled: boolean
  readonly waiting: Set<(first: Promise<unknown>) => void>
}

/** The state of each promise that was raced: it is subscribed to once, however often it is raced. */
const raced = new WeakMap<Promise<unknown>, Raced>()

/**
 * Settles like the first of the promises. `Promise.race` leaves a callback on every promise until that promise settles:
 * racing again and again against one that is pending for hours fills the memory. This function leaves nothing behind.
 */
export function race<const T extends readonly Promise<unknown>[]>(promises: T): Promise<Awaited<T[number]>> {
  return new Promise((resolve, reject) => {
    const won = (first: Promise<unknown>): void => {
      for (const { waiting } of all) waiting.delete(won)
      ;(first as Promise<Awaited<T[number]>>).then(resolve, reject)
    }
    const all = promises.map(subscribed)
    const first = all.findIndex(({ settled }) => settled)
    if (first >= 0) won(promises[first]!)
    else for (const { waiting } of all) waiting.add(won)
  })
}

function subscribed(promise: Promise<unknown>): Raced {
  const known = raced.get(promise)
  if (known) return known
  const entry: Raced = { settled: false, waiting: new Set() }
  const settle = (): void => {
    entry.settled = true
    for (const won of [...entry.waiting]) won(promise)
  }
  promise.then(settle, settle)
  raced.set(promise, entry)
  return entry
}

/** The result of `work`. @throws `late` if it takes longer than `limitMs` milliseconds */
export async function inTime<T>(work: Promise<T>, limitMs: number, late: Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), limitMs)
  })
  try {
    return await race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
