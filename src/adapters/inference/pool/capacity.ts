/** Answers a millisecond by setting, as far as they were measured. */
type Curve = ReadonlyMap<number, number>

/**
 * The smallest setting that gives as much as any: what lies beyond it only waits in the server. Rates that differ by less
 * than `tolerance`, a share, are taken to be equal, and 1 is left only for what gives more than `worth` in addition.
 */
function knee(curve: Curve, { tolerance, worth }: Tolerances): number {
  const most = Math.max(...curve.values())
  const good = [...curve].filter(([, rate]) => rate >= most * (1 - tolerance))
  const one = curve.get(1) ?? 0
  return one > 0 && most <= one * (1 + worth) ? 1 : Math.min(...good.map(([setting]) => setting))
}

/** What is worth a larger setting; shares of a rate, and of a setting. */
interface Tolerances {
  readonly tolerance: number
  readonly worth: number
  /** How exactly the knee is wanted. */
  readonly grain: number
}

interface Search extends Tolerances {
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

/** Share of the highest values that are left out, at least one: an answer that hung for a while says nothing of the rest. */
const outliers = 0.1

/** Mean of a series without its outliers, and how far it can be trusted. */
class Measurement {
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

interface TunerOptions {
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
class Tuner {
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

export interface CapacityOptions {
  /** Requests under way: a number, or where to begin to look for the best one and where to end. */
  readonly requests: number | { readonly start: number; readonly most: number }
  /** Prompts in a request: a number, or the most. */
  readonly batch: number | { readonly most: number }
}

/** What was so when a request was sent, to be handed back with its answer. */
export interface Sent {
  readonly epoch: number
  readonly filled: boolean
  readonly at: number
}

/** The headroom makes up for what the tolerance gives away, so that noise does not drive the number up. */
const ofRequests: Tolerances = { tolerance: 0.06, worth: 0, grain: 1 / 12 }
/** A server that works on prompts together gives far more for several; from there on every bit counts. */
const ofBatches: Tolerances = { tolerance: 0.02, worth: 0.15, grain: 1 / 4 }

const rest = { first: 10_000, most: 60_000 }

/**
 * How much a server is given: requests under way and prompts in a request, both found by trying. First the requests:
 * of a server with a lock one is enough, so that only larger requests help; then the prompts in a request.
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

  /** Requests that may be under way. */
  get requests(): number {
    return this.#requests.value
  }

  /** Prompts in one request. */
  get batch(): number {
    return this.#batch.value
  }

  /** A request is sent; with it `underWay` requests are. */
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

  /** The server had too much to do. */
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

  /** What is under way when a setting changes was sent under the old one, and those behind it wait for it. */
  #changed(): void {
    const epoch = this.#requests.epoch + this.#batch.epoch
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#skip = this.requests
  }
}

/** What a tuner needs to know of an option. */
const range = (option: number | { readonly start?: number; readonly most: number }) =>
  typeof option === 'number'
    ? { start: option, most: option, fixed: true }
    : { start: option.start ?? 1, most: option.most, fixed: option.most === 1 }
