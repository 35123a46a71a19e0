import { SteerflowError } from '../../../domain/errors.js'

/**
 * Notices when nothing succeeds anywhere: from the first failure after the last success. After `patienceMs` of it `end`
 * is called, once for each outage; with null, never: callers wait.
 */
export class Outage {
  #since: number | null = null
  #timer: NodeJS.Timeout | undefined
  #cause: unknown

  constructor(
    private readonly patienceMs: number | null,
    private readonly end: (error: SteerflowError) => void,
  ) {}

  /** Milliseconds since it began, null when there is none. */
  get lastsMs(): number | null {
    return this.#since === null ? null : performance.now() - this.#since
  }

  failed(cause: unknown): void {
    this.#cause = cause
    if (this.#since !== null) return
    this.#since = performance.now()
    if (this.patienceMs === null) return
    this.#timer = setTimeout(() => {
      const error = new SteerflowError('STEERFLOW_OUTAGE', `nothing succeeded for ${this.patienceMs} ms`, {
        cause: this.#cause,
      })
      this.over()
      this.end(error)
    }, this.patienceMs)
  }

  over(): void {
    this.#since = null
    clearTimeout(this.#timer)
  }
}
