import { type Quantiles } from './counters.js'

/** How many of the latest answers quantiles are taken from. */
const kept = 512
/** Weight of a new answer in a running mean. */
const weight = 0.1

/** How long a server takes, in milliseconds, and how much it does in a second. */
export class Times {
  readonly #latest = new Float64Array(kept)
  #count = 0
  #mean = 0
  #interval = 0
  #deadline = Infinity
  readonly #perSecond = new Map<number, number>()

  /** `count` prompts were answered after `ms`, in a request that was sent with `underWay` requests at the server. */
  add(ms: number, underWay: number, count: number, now: number): void {
    const share = this.#count === 0 ? 1 : weight
    this.#latest[this.#count++ % kept] = ms
    this.#mean += share * (ms - this.#mean)
    this.#interval += share * (ms / underWay - this.#interval)
    if (this.#count % 100 === 0) this.#deadline = Math.max(5_000, 20 * this.quantiles()!.p99)
    const second = Math.floor(now / 1000)
    this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + count)
    for (const old of this.#perSecond.keys()) {
      if (old >= second - 10) break
      this.#perSecond.delete(old)
    }
  }

  /** Mean time of an answer, recent ones more. */
  get mean(): number {
    return this.#mean
  }

  /** When a request that is sent now beside `outstanding` others will be answered: not before it has had its turn. */
  expected(outstanding: number): number {
    return Math.max(this.#mean, this.#interval * (outstanding + 1))
  }

  /** The longest that is waited for an answer: many times what nearly all took, so that a server that hangs is noticed. */
  deadline(most: number): number {
    return Math.min(most, this.#deadline)
  }

  /** Of the latest answers; null when there are none. */
  quantiles(): Quantiles | null {
    const count = Math.min(this.#count, kept)
    if (count === 0) return null
    const sorted = this.#latest.slice(0, count).sort()
    const at = (share: number): number => sorted[Math.min(count - 1, Math.floor(share * count))]!
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
  }

  /** Prompts answered in a second, over the last ten whole seconds or since the first answer. */
  rate(now: number): number {
    const second = Math.floor(now / 1000)
    const seconds = [...this.#perSecond.keys()].filter(one => one < second && one >= second - 10)
    if (seconds.length === 0) return this.#perSecond.get(second) ?? 0
    const total = seconds.reduce((sum, one) => sum + this.#perSecond.get(one)!, 0)
    return total / (second - seconds[0]!)
  }
}
