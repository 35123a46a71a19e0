import { setTimeout as sleep } from 'node:timers/promises'

/** Something that is waited for now. */
export interface Wait {
  /** In a few words: what is waited for. */
  readonly what: string
  /** How many wait for it. */
  readonly waiting: number
  /** When the first of them began, in milliseconds since 1970. */
  readonly since: number
}

/**
 * What is told of waits and of loads: once when one lasts, and when what is waited for is there, or loaded; nothing when it
 * is given up, or fails.
 */
export type WaitEvent =
  | { readonly event: 'waiting-for' | 'loading'; readonly what: string }
  | { readonly event: 'waited-for' | 'loaded'; readonly what: string; readonly seconds: number }

/** A wait is told of when it has lasted so many milliseconds: most are over before. */
const tellAfterMs = 2_000
/** A load is told of when it has lasted so many milliseconds. */
const tellLoadAfterMs = 1_000

interface Known {
  waiting: number
  readonly since: number
  /** The same by a clock that only grows. */
  readonly began: number
  told: boolean
  /** Whether anybody who waited has got it. */
  there: boolean
  readonly timer: NodeJS.Timeout
}

/**
 * Everything that a process waits for that only somebody else can bring: a model, a server, a round. Whoever waits says so
 * here, so that no wait is silent; many may wait for the same.
 */
export class Waits {
  readonly #known = new Map<string, Known>()
  readonly #loads = new Set<Wait>()

  /** @param report told of waits and loads; must not throw */
  constructor(
    private readonly report: (event: WaitEvent) => void = () => undefined,
    private readonly afterMs = tellAfterMs,
    private readonly loadAfterMs = tellLoadAfterMs,
  ) {}

  /** What is waited for now, the longest wait first. */
  current(): readonly Wait[] {
    const all = [...this.#known].map(([what, { waiting, since }]) => ({ what, waiting, since }))
    return all.sort((a, b) => a.since - b.since)
  }

  /** Loads under way in this process, the oldest first. They end by themselves, so `current` leaves them out. */
  loads(): readonly Wait[] {
    return [...this.#loads]
  }

  /**
   * Runs a load, and reports it when it lasts longer than a second: files of users may be large.
   * @param what the thing that is loaded, such as a tokenizer with its path
   * @throws what `load` throws
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

  /** Somebody begins to wait; what is returned ends that, once, and is told whether it is there or given up. */
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
   * Looks again and again until there is something, and says what it waits for meanwhile.
   * @throws the signal's reason when it is aborted, and what a look throws
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
