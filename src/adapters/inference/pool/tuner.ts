/** Answers a millisecond by setting, as far as they were measured. */
export type Curve = ReadonlyMap<number, number>

/**
 * The smallest setting that gives as much as any: what lies beyond it only waits in the server. Rates that differ by less
 * than `tolerance`, a share, are taken to be equal, and 1 is left only for what gives more than `worth` in addition.
 */
export function knee(curve: Curve, { tolerance, worth }: Tolerances): number {
  const most = Math.max(...curve.values())
  const good = [...curve].filter(([, rate]) => rate >= most * (1 - tolerance))
  const one = curve.get(1) ?? 0
  return one > 0 && most <= one * (1 + worth) ? 1 : Math.min(...good.map(([setting]) => setting))
}

/** What is worth a larger setting; shares of a rate, and of a setting. */
export interface Tolerances {
  readonly tolerance: number
  readonly worth: number
  /** How exactly the knee is wanted. */
  readonly grain: number
}

export interface Search extends Tolerances {
  /** The largest setting. */
  readonly most: number
  /** By how much to climb at a time. */
  readonly stride: number
}

/**
 * Which setting to measure next, null when the knee is found. It climbs by `stride` while that pays, then closes in on
 * the knee from both sides. Nothing is assumed of the server but that its rate has one rise: a server with places is flat
 * behind its knee, one that works on batches rises ever more slowly, one that runs out of memory falls.
 */
export function nextToMeasure(curve: Curve, search: Search): number | null {
  const { most, stride, tolerance } = search
  const best = knee(curve, search)
  const grain = Math.max(1, best * search.grain)
  const settings = [...curve.keys()].sort((a, b) => a - b)
  const above = settings.find(setting => setting > best)
  const below = settings.findLast(setting => setting < best)
  if (above === undefined && best < most) return Math.min(most, Math.max(best + 1, Math.round(best * stride)))
  if (above !== undefined && curve.get(above)! < curve.get(best)! * (1 - tolerance) && above - best > grain) {
    return Math.round((best + above) / 2)
  }
  if (best === 1) return null
  if (below === undefined) return Math.min(best - 1, Math.round(best / stride))
  return best - below > grain ? Math.floor((best + below) / 2) : null
}

/** Share of the highest values that are left out, at least one: an answer that hung for a while says nothing of the rest. */
const outliers = 0.1

/** Mean of a series without its outliers, and how far it can be trusted. */
export class Measurement {
  readonly #values: number[] = []

  get count(): number {
    return this.#values.length
  }

  add(value: number): void {
    this.#values.push(value)
  }

  /** The mean, and its standard error as a share of it. Of at least two values. */
  result(): { readonly mean: number; readonly error: number } {
    const sorted = this.#values.toSorted((a, b) => a - b)
    const kept = sorted.slice(0, sorted.length - Math.ceil(outliers * sorted.length))
    const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length
    const squares = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return { mean, error: Math.sqrt(squares / (kept.length - 1) / kept.length) / mean }
  }
}

export interface TunerOptions {
  readonly start: number
  readonly most: number
  /** Whether `start` is what a person wants: nothing is searched. */
  readonly fixed: boolean
  readonly taste: Tolerances
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
  #reading = new Measurement()
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
    this.#reading = new Measurement()
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
