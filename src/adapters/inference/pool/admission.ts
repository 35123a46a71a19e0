/** How much may wait in the pool and be under way, together. */
export interface AdmissionLimit {
  readonly requests: number
  /** Tokens of prompts, roughly. */
  readonly tokens: number
}

interface Waiting {
  readonly tokens: number
  enter(): void
}

/** The door of the pool: whoever comes when it is full waits outside, in order. One that is larger than all enters alone. */
export class Admission {
  #requests = 0
  #tokens = 0
  readonly #outside = new Set<Waiting>()

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
