/** Measured answers per millisecond by setting. */
type Curve = ReadonlyMap<number, number>

/**
 * The smallest setting with the best rate; higher ones only queue in the server. Rates within `tolerance` (a fraction)
 * count as equal. A setting above 1 must beat 1 by more than `worth` (a fraction).
 */
function knee(curve: Curve, { tolerance, worth }: Tolerances): number {
  const most = Math.max(...curve.values())
  const good = [...curve].filter(([, rate]) => rate >= most * (1 - tolerance))
  const one = curve.get(1) ?? 0
  return one > 0 && most <= one * (1 + worth) ? 1 : Math.min(...good.map(([setting]) => setting))
}

/** Criteria for a larger setting; fractions of a rate, and of a setting. */
interface Tolerances {
  readonly tolerance: number
  readonly worth: number
  /** Precision of the knee. */
  readonly grain: number
}

interface Search extends Tolerances {
  readonly most: number
  /** Factor between two settings while climbing. */
  readonly stride: number
}

/**
 * The setting to measure next, null if the knee is found. The search climbs by `stride` while the rate rises, then
 * approaches the knee from both sides. It assumes only that the rate has a single rise: a server with slots is flat
 * beyond its knee, a batching server rises ever more slowly, a server that runs out of memory falls.
 */
function nextToMeasure(curve: Curve, search: Search): number | null {
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

/** Share of the highest values to drop, at least one: one stalled answer says nothing about the rest. */
const outliers = 0.1

/** Mean of a series without its outliers, and its standard error. */
class Measurement {
  readonly #values: number[] = []

  get count(): number {
    return this.#values.length
  }

  add(value: number): void {
    this.#values.push(value)
  }

  /** The mean, and its standard error as a fraction of it. Requires at least two values. */
  result(): { readonly mean: number; readonly error: number } {
    const sorted = this.#values.toSorted((a, b) => a - b)
    const kept = sorted.slice(0, sorted.length - Math.ceil(outliers * sorted.length))
    const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length
    const squares = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return { mean, error: Math.sqrt(squares / (kept.length - 1) / kept.length) / mean }
  }
}

interface TunerOptions {
  readonly start: number
  readonly most: number
  /** True if the user has set `start`: nothing is searched. */
  readonly fixed: boolean
  readonly taste: Tolerances
  /** Factor between two settings in the first search. */
  readonly stride: number
  /** Addition to the knee, so that a freed slot finds its next request waiting in the server. */
  readonly headroom: (knee: number) => number
  /**
   * With too little work to measure a setting, either `keep` it, since a limit out of reach does no harm, or go `back`
   * to the best measured one.
   */
  readonly starved: 'keep' | 'back'
  /** Milliseconds between two searches: the first pause and the longest. */
  readonly rest: { readonly first: number; readonly most: number }
}

/** Relative error of a mean that ends a measurement. */
const wantedError = 0.012

/**
 * Finds the setting of one knob (concurrent requests, prompts in a request) with the best throughput, from the latency
 * of answers. With `n` requests under way all the time and latency `w`, the rate is `n / w` (Little's law), so that a
 * measurement stops nothing. It searches, pauses, and searches again, because servers change.
 */
class Tuner {
  value: number
  /** Counts changes of the setting: answers to requests from before a change do not count for it. */
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

  get searching(): boolean {
    return !this.#resting
  }

  /** True if its pause is over. */
  due(now: number): boolean {
    return this.#resting && now >= this.#restUntil
  }

  /** Searches again, in smaller steps than at first. */
  again(): void {
    this.#resting = false
    this.#stride = 1.25
    this.#curve = new Map()
    this.#measure(this.#knee)
  }

  /**
   * Takes the latency of a request of this epoch that was sent while the setting was fully used.
   * @param together requests under way at that time
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

  /** Notes an answer to a request of this epoch that was sent with too little work to use the setting fully. */
  unfilled(now: number): void {
    if (this.#resting) return
    this.#unfilled++
    if (this.#unfilled < 4 * Math.max(8, this.value) || this.#unfilled < 4 * this.#reading.count) return
    if (this.options.starved === 'keep' || this.#curve.size === 0) this.#settle(this.value, now)
    else this.#settle(knee(this.#curve, this.options.taste), now)
  }

  /** The server refused work with `underWay` requests: lowers the setting, and tries nothing above it for a while. */
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

export interface CapacityOptions {
  /** Concurrent requests: a fixed number, or the start and the upper bound of a search. */
  readonly requests: number | { readonly start: number; readonly most: number }
  /** Prompts in a request: a fixed number, or the upper bound of a search. */
  readonly batch: number | { readonly most: number }
}

/** Snapshot of the settings at send time; pass it back with the answer. */
export interface Sent {
  readonly epoch: number
  readonly filled: boolean
  readonly at: number
}

/** The headroom makes up for the rate that the tolerance gives away, so that noise does not drive the number up. */
const ofRequests: Tolerances = { tolerance: 0.06, worth: 0, grain: 1 / 12 }
/** For a server that batches prompts several are far better than one; beyond that every bit counts. */
const ofBatches: Tolerances = { tolerance: 0.02, worth: 0.15, grain: 1 / 4 }

const rest = { first: 10_000, most: 60_000 }

/**
 * How much a server gets: concurrent requests and prompts in a request, both tuned. The requests are tuned first: a
 * server with a lock needs only one, so that only larger requests help. The prompts follow.
 */
export class Capacity {
  readonly #requests: Tuner
  readonly #batch: Tuner
  #active: Tuner
  #skip = 0
  #epoch = 0

  constructor(options: CapacityOptions) {
    const headroom = (knee: number): number => Math.ceil(knee / 6)
    this.#requests = new Tuner({
      ...range(options.requests),
      taste: ofRequests,
      stride: 2,
      headroom,
      starved: 'keep',
      rest,
    })
    this.#batch = new Tuner({
      ...range(options.batch),
      taste: ofBatches,
      stride: 4,
      headroom: () => 0,
      starved: 'back',
      rest,
    })
    this.#active = this.#requests
  }

  get requests(): number {
    return this.#requests.value
  }

  get batch(): number {
    return this.#batch.value
  }

  /** Notes a sent request. @param underWay requests under way, this one included */
  sent(prompts: number, underWay: number, now: number): Sent {
    return { epoch: this.#epoch, filled: prompts === this.batch && underWay >= this.requests, at: now }
  }

  answered(sent: Sent, now: number): void {
    if (sent.epoch === this.#epoch) this.#learn(sent, now)
    if (this.#active.searching) return
    const other = this.#active === this.#requests ? this.#batch : this.#requests
    if (other.searching) this.#active = other
    else if (this.#batch.due(now)) this.#begin(this.#batch)
    else if (this.#requests.due(now) && this.batch === 1) this.#begin(this.#requests)
  }

  /** The server reported overload. */
  overloaded(sent: Sent, underWay: number, now: number): void {
    if (sent.epoch !== this.#epoch) return
    this.#requests.overloaded(underWay, now)
    this.#changed()
  }

  #begin(tuner: Tuner): void {
    this.#active = tuner
    tuner.again()
    this.#changed()
  }

  #learn(sent: Sent, now: number): void {
    if (!sent.filled) this.#active.unfilled(now)
    else if (this.#skip > 0) this.#skip--
    else this.#active.filled(now - sent.at, now, this.requests)
    this.#changed()
  }

  /** At a change of setting, requests under way were sent under the old one, and later ones wait behind them. */
  #changed(): void {
    const epoch = this.#requests.epoch + this.#batch.epoch
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#skip = this.requests
  }
}

const range = (option: number | { readonly start?: number; readonly most: number }) =>
  typeof option === 'number'
    ? { start: option, most: option, fixed: true }
    : { start: option.start ?? 1, most: option.most, fixed: option.most === 1 }
