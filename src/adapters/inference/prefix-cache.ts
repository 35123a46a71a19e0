interface Flight<T> {
  readonly result: Promise<T>
  readonly cancel: AbortController
  waiting: number
}

/**
 * Computes a value once for each key: known values are kept, up to `entries` of the latest used, and callers that come
 * while one is computed wait for it. The computation is cancelled when all who wait have given up; what fails is not
 * kept.
 */
export class PrefixCache<T> {
  /** Calls that needed no computation of their own. */
  reused = 0
  readonly #known = new Map<string, T>()
  readonly #flights = new Map<string, Flight<T>>()

  constructor(private readonly entries: number) {}

  /** @throws what `compute` throws, or the signal's reason. */
  async get(key: string, signal: AbortSignal, compute: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.entries === 0) return compute(signal)
    signal.throwIfAborted()
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.reused++
      this.#keep(key, known)
      return known
    }
    const flying = this.#flights.get(key)
    if (flying) this.reused++
    return this.#join(flying ?? this.#start(key, compute), signal)
  }

  #start(key: string, compute: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const cancel = new AbortController()
    const result = compute(cancel.signal)
    const flight: Flight<T> = { result, cancel, waiting: 0 }
    this.#flights.set(key, flight)
    const landed = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    result.then(value => {
      landed()
      this.#keep(key, value)
    }, landed)
    cancel.signal.addEventListener('abort', landed)
    return flight
  }

  #join(flight: Flight<T>, signal: AbortSignal): Promise<T> {
    flight.waiting++
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        if (--flight.waiting === 0) flight.cancel.abort()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
      const done = (): void => signal.removeEventListener('abort', leave)
      flight.result.then(resolve, reject).finally(done)
    })
  }

  #keep(key: string, value: T): void {
    this.#known.delete(key)
    this.#known.set(key, value)
    if (this.#known.size <= this.entries) return
    const oldest = this.#known.keys().next()
    if (!oldest.done) this.#known.delete(oldest.value)
  }
}
