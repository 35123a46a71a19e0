/**
 * Lets at most `limit()` holders in at a time, which may change while it is used. Whoever waits stands in a lane of its
 * own; lanes are served in turn, and within a lane the order is that of arrival. So what comes last does not wait for all
 * that others have queued: a partition that was taken over goes on at once, although those beside it have full windows.
 */
export class Semaphore {
  /** The lane that is served next comes first. Lanes with nobody in them are not here. */
  readonly #lanes = new Map<object, (() => void)[]>()
  #holders = 0

  constructor(private readonly limit: () => number) {}

  /** Whether a permit was free; taken if so. */
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
