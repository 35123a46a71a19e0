/** Retries that are allowed for each first attempt, those a second that are allowed always, and the most at once. */
const [share, perSecond, burst] = [0.5, 50, 500]

/**
 * Keeps retries from making a bad hour worse: they may be half as many as first attempts, and some a second whatever happens
 * (gRPC A6 and Envoy's retry budget). What goes beyond waits; nothing is given up for it.
 */
export class RetryBudget {
  #left = burst
  #at: number | null = null

  /** A first attempt was sent. */
  earned(): void {
    this.#left = Math.min(burst, this.#left + share)
  }

  /** Takes a retry out of the budget; returns the milliseconds after which it may be sent. */
  take(now: number): number {
    if (this.#at !== null) this.#left = Math.min(burst, this.#left + (perSecond * (now - this.#at)) / 1000)
    this.#at = now
    this.#left--
    return this.#left >= 0 ? 0 : (-this.#left / perSecond) * 1000
  }
}

/** How much may wait in the pool and be under way, together. */
export interface AdmissionLimit {
  readonly requests: number
  /** Tokens of prompts, roughly. */
  readonly tokens: number
}

interface QueuedCall {
  readonly tokens: number
  enter(): void
}

/** The door of the pool: whoever comes when it is full waits outside, in order. One that is larger than all enters alone. */
export class Admission {
  #requests = 0
  #tokens = 0
  readonly #outside = new Set<QueuedCall>()

  constructor(private readonly limit: AdmissionLimit) {}

  get outside(): number {
    return this.#outside.size
  }

  /** @throws the signal's reason when it is aborted before there is room. */
  async enter(tokens: number, signal: AbortSignal): Promise<void> {
    if (this.#outside.size === 0 && this.#hasRoom(tokens)) {
      this.#take(tokens)
      return
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#outside.delete(waiting)
        reject(signal.reason as Error)
      }
      const waiting = {
        tokens,
        enter: (): void => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      this.#outside.add(waiting)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  leave(tokens: number): void {
    this.#requests--
    this.#tokens -= tokens
    for (const next of this.#outside) {
      if (!this.#hasRoom(next.tokens)) return
      this.#outside.delete(next)
      this.#take(next.tokens)
      next.enter()
    }
  }

  #hasRoom(tokens: number): boolean {
    if (this.#requests === 0) return true
    return this.#requests < this.limit.requests && this.#tokens + tokens <= this.limit.tokens
  }

  #take(tokens: number): void {
    this.#requests++
    this.#tokens += tokens
  }
}

/** Tokens that a text may be, without a tokenizer: four characters each. */
export const roughTokens = (characters: number): number => Math.ceil(characters / 4)
