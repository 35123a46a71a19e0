import { Reading } from './reading.js'
import { knee, nextToMeasure, type Taste } from './search.js'

export interface TunerOptions {
  readonly start: number
  readonly most: number
  /** Whether `start` is what a person wants: nothing is searched. */
  readonly fixed: boolean
  readonly taste: Taste
  /** By how much to climb at a time at first. */
  readonly stride: number
  /** What is used beyond the knee, so that a place that becomes free finds its next request waiting in the server. */
  readonly headroom: (knee: number) => number
  /**
   * When there is not enough work to measure a setting: `keep` it, since a limit that is not reached does no harm, or go
   * `back` to the best that was measured.
   */
  readonly starved: 'keep' | 'back'
  /** Milliseconds after a search before the next: the first and the longest. */
  readonly rest: { readonly first: number; readonly most: number }
}

/** Trust in a mean that ends a measurement. */
const wantedError = 0.012

/**
 * Finds the setting of one knob (requests under way, prompts in a request) at which a server gives most, from the time
 * that answers take. With `n` under way all the time and answers after `w`, the rate is `n / w` (Little's law), so that
 * nothing has to stand still for a measurement. It searches, rests, and looks around again: servers change.
 */
export class Tuner {
  /** The setting to use now. */
  value: number
  /** Counts changes of the setting: answers to what was sent before one say nothing of it. */
  epoch = 0
  #curve = new Map<number, number>()
  #reading = new Reading()
  #unfilled = 0
  #resting = false
  #restUntil = 0
  #rest: number
  #stride: number
  #knee: number
  #ceiling: { readonly value: number; readonly until: number } | null = null

  constructor(private readonly options: TunerOptions) {
    this.#knee = this.value = Math.min(options.start, options.most)
    this.#rest = options.rest.first
    this.#stride = options.stride
    if (options.fixed) {
      this.#resting = true
      this.#restUntil = Infinity
    }
  }

  /** Whether it is measuring, not resting. */
  get searching(): boolean {
    return !this.#resting
  }

  /** Whether its rest is over. */
  due(now: number): boolean {
    return this.#resting && now >= this.#restUntil
  }

  /** Looks around again, in smaller steps than at first. */
  again(): void {
    this.#resting = false
    this.#stride = 1.25
    this.#curve = new Map()
    this.#measure(this.#knee)
  }

  /**
   * A request was answered after `ms`, sent at this epoch while the setting was used to the full, as one of `together`
   * that were under way.
   */
  filled(ms: number, now: number, together: number): void {
    if (this.#resting) return
    this.#reading.add(ms)
    const enough = Math.max(4, Math.min(together, 64))
    const { count } = this.#reading
    if (count < enough) return
    const { mean, error } = this.#reading.result()
    if (error > wantedError && count < 4 * Math.max(enough, 8)) return
    this.#curve.set(this.value, this.value / mean)
    this.#next(now)
  }

  /** A request of this epoch was answered that was sent when there was less work than the setting allows. */
  unfilled(now: number): void {
    if (this.#resting) return
    this.#unfilled++
    if (this.#unfilled < 4 * Math.max(8, this.value) || this.#unfilled < 4 * this.#reading.count) return
    if (this.options.starved === 'keep' || this.#curve.size === 0) this.#settle(this.value, now)
    else this.#settle(knee(this.#curve, this.options.taste), now)
  }

  /** The server refused work with `underWay` at it: less for a while, in which nothing above is tried. */
  overloaded(underWay: number, now: number): void {
    const value = Math.max(1, Math.floor(underWay * 0.9))
    if (value >= this.value) return
    this.#ceiling = { value, until: now + 30_000 }
    this.#knee = Math.min(this.#knee, value)
    this.#curve.forEach((_, setting) => setting > value && this.#curve.delete(setting))
    if (this.#resting || this.#curve.size === 0) this.#settle(value, now)
    else this.#next(now)
  }

  #most(now: number): number {
    const { most } = this.options
    return this.#ceiling && now < this.#ceiling.until ? Math.min(most, this.#ceiling.value) : most
  }

  #next(now: number): void {
    const next = nextToMeasure(this.#curve, {
      most: this.#most(now),
      stride: this.#stride,
      ...this.options.taste,
    })
    if (next !== null) {
      this.#measure(next)
      return
    }
    const found = knee(this.#curve, this.options.taste)
    this.#settle(found, now, Math.min(this.#most(now), found + this.options.headroom(found)))
  }

  #measure(value: number): void {
    this.#reading = new Reading()
    this.#unfilled = 0
    this.#set(value)
  }

  #settle(found: number, now: number, used = found): void {
    this.#rest = found === this.#knee ? Math.min(this.#rest * 2, this.options.rest.most) : this.options.rest.first
    this.#knee = found
    this.#resting = true
    this.#restUntil = this.options.fixed ? Infinity : now + this.#rest
    this.#set(used)
  }

  #set(value: number): void {
    if (value === this.value) return
    this.value = value
    this.epoch++
  }
}
