/**
 * Lets at most `permits` holders in at a time. Whoever waits stands in a lane of its own; lanes are served in turn, and
 * within a lane the order is that of arrival. So what comes last does not wait for all that others have queued: a
 * partition that was taken over goes on at once, although those beside it have full windows.
 */
export class Semaphore {
  /** The lane that is served next comes first. Lanes with nobody in them are not here. */
  readonly #lanes = new Map<object, (() => void)[]>()

  constructor(private permits: number) {}

  /** Whether a permit was free; taken if so. */
  tryAcquire(): boolean {
    if (this.permits === 0) return false
    this.permits--
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
    const [next] = this.#lanes
    if (!next) return void this.permits++
    const [lane, waiting] = next
    this.#lanes.delete(lane)
    const enter = waiting.shift()!
    if (waiting.length > 0) this.#lanes.set(lane, waiting)
    enter()
  }
}
