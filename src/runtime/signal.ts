/** Wakes whoever waits for a change; a raise with nobody waiting is remembered once. */
export class Signal {
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
