/** Lets at most `permits` holders in at a time, in order of arrival. */
export class Semaphore {
  readonly #waiting: (() => void)[] = []

  constructor(private permits: number) {}

  /** Whether a permit was free; taken if so. */
  tryAcquire(): boolean {
    if (this.permits === 0) return false
    this.permits--
    return true
  }

  async acquire(): Promise<void> {
    if (this.tryAcquire()) return
    await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.permits++
  }
}
