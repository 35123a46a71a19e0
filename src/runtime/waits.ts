import { setTimeout as sleep } from 'node:timers/promises'

/** A wait for something. */
export interface Wait {
  /** What is awaited, in a few words. */
  readonly what: string
  /** The number of waiters. */
  readonly waiting: number
  /** When the first of them began, in milliseconds since 1970. */
  readonly since: number
}

/** Reports of waits and loads: once when one lasts, and once when it succeeds; none when it is given up or fails. */
export type WaitEvent =
  | { readonly event: 'waiting-for' | 'loading'; readonly what: string }
  | { readonly event: 'waited-for' | 'loaded'; readonly what: string; readonly seconds: number }

/** A wait is reported once it has lasted this many milliseconds: most are shorter. */
const tellAfterMs = 2_000
/** A load is reported once it has lasted this many milliseconds. */
const tellLoadAfterMs = 1_000

interface Known {
  waiting: number
  readonly since: number
  /** The same by a monotonic clock. */
  readonly began: number
  told: boolean
  /** Whether any waiter has succeeded. */
  there: boolean
  readonly timer: NodeJS.Timeout
}

/**
 * The waits of a process for things that only others can provide: a model, a server, a round. Every waiter registers here,
 * so that no wait is silent; many may wait for the same thing.
 */
export class Waits {
  readonly #known = new Map<string, Known>()
  readonly #loads = new Set<Wait>()

  /** @param report called with events of waits and loads; must not throw */
  constructor(
    private readonly report: (event: WaitEvent) => void = () => undefined,
    private readonly afterMs = tellAfterMs,
    private readonly loadAfterMs = tellLoadAfterMs,
  ) {}

  /** The current waits, the longest first. */
  current(): readonly Wait[] {
    const all = [...this.#known].map(([what, { waiting, since }]) => ({ what, waiting, since }))
    return all.sort((a, b) => a.since - b.since)
  }

  /** Loads under way in this process, the oldest first. They end by themselves, so `current` leaves them out. */
  loads(): readonly Wait[] {
    return [...this.#loads]
  }

  /**
   * Runs a load, and reports it if it takes longer than a second: files of users may be large.
   * @param what the thing that is loaded, such as a tokenizer with its path
   * @throws the errors of `load`
   */
  async load<T>(what: string, load: () => Promise<T>): Promise<T> {
    const began = performance.now()
    const now: Wait = { what, waiting: 1, since: Date.now() }
    let told = false
    const timer = setTimeout(() => {
      told = true
      this.report({ event: 'loading', what })
    }, this.loadAfterMs)
    timer.unref()
    this.#loads.add(now)
    try {
      const loaded = await load()
      if (told) this.report({ event: 'loaded', what, seconds: (performance.now() - began) / 1000 })
      return loaded
    } finally {
      clearTimeout(timer)
      this.#loads.delete(now)
    }
  }

  /** Registers a waiter. The returned function ends the wait, once, and takes whether it succeeded. */
  begin(what: string): (there: boolean) => void {
    const known = this.#known.get(what) ?? this.#start(what)
    known.waiting++
    let over = false
    return there => {
      if (over) return
      over = true
      known.there ||= there
      if (--known.waiting > 0) return
      clearTimeout(known.timer)
      this.#known.delete(what)
      if (!known.told || !known.there) return
      this.report({ event: 'waited-for', what, seconds: (performance.now() - known.began) / 1000 })
    }
  }

  /**
   * Looks repeatedly until there is something, and registers the wait meanwhile.
   * @throws the signal's reason when it is aborted, and errors of `look`
   */
  async until<T>(
    what: string,
    look: () => T | null | Promise<T | null>,
    { signal, pollMs }: { readonly signal: AbortSignal; readonly pollMs: number },
  ): Promise<T> {
    const first = await look()
    if (first !== null) return first
    const end = this.begin(what)
    let found: T | null = null
    try {
      while (found === null) {
        await sleep(pollMs, undefined, { signal })
        found = await look()
      }
      return found
    } finally {
      end(found !== null)
    }
  }

  #start(what: string): Known {
    const timer = setTimeout(() => {
      known.told = true
      this.report({ event: 'waiting-for', what })
    }, this.afterMs)
    timer.unref()
    const known: Known = { waiting: 0, since: Date.now(), began: performance.now(), told: false, there: false, timer }
    this.#known.set(what, known)
    return known
  }
}
