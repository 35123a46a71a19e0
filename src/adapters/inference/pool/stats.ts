import type { Answer, Verdict } from '../protocols/protocol.js'
import { z } from 'zod'

/** Number of latest answers for quantiles. */
const kept = 512
/** Smoothing factor of a running mean. */
const weight = 0.1

/** Latency of a server in milliseconds, and its throughput per second. */
export class Times {
  readonly #latest = new Float64Array(kept)
  #count = 0
  #mean = 0
  #interval = 0
  #deadline = Infinity
  readonly #perSecond = new Map<number, number>()

  /** Notes that `count` prompts were answered after `ms`, in a request sent with `underWay` requests at the server. */
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

  /** Mean latency, weighted to recent answers. */
  get mean(): number {
    return this.#mean
  }

  /** Expected latency of a request sent now beside `outstanding` others, its wait in the server included. */
  expected(outstanding: number): number {
    return Math.max(this.#mean, this.#interval * (outstanding + 1))
  }

  /** Deadline of an answer: a multiple of the 99th percentile, so that a server that hangs is noticed. */
  deadline(most: number): number {
    return Math.min(most, this.#deadline)
  }

  /** Of the latest answers; null if there are none. */
  quantiles(): Quantiles | null {
    const count = Math.min(this.#count, kept)
    if (count === 0) return null
    const sorted = this.#latest.slice(0, count).sort()
    const at = (share: number): number => sorted[Math.min(count - 1, Math.floor(share * count))]!
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
  }

  /** Prompts answered per second, over the last ten whole seconds or since the first answer. */
  rate(now: number): number {
    const second = Math.floor(now / 1000)
    const seconds = [...this.#perSecond.keys()].filter(one => one < second && one >= second - 10)
    if (seconds.length === 0) return this.#perSecond.get(second) ?? 0
    const total = seconds.reduce((sum, one) => sum + this.#perSecond.get(one)!, 0)
    return total / (second - seconds[0]!)
  }
}

export class Gauges {
  /** Prompts answered well. */
  answered = 0
  /** Tokens that the server reported. */
  readonly tokens = { prompt: 0, completion: 0 }
  readonly errors: Partial<Record<CallOutcome, number>> = {}

  succeeded(tokens: Answer['tokens']): void {
    this.answered++
    this.tokens.prompt += tokens?.prompt ?? 0
    this.tokens.completion += tokens?.completion ?? 0
  }

  failed(kind: CallOutcome): void {
    this.errors[kind] = (this.errors[kind] ?? 0) + 1
  }
}

/** Outcomes of calls by class; `answer` counts replies that are no label. */
export type CallOutcome = Verdict['kind'] | 'answer'

/** Of the latest answers, in milliseconds. */
const Quantiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number() })
export type Quantiles = z.output<typeof Quantiles>

/** Snapshot of one endpoint; other processes read it from a file. */
export const EndpointStats = z.object({
  url: z.string(),
  model: z.string().nullable(),
  protocol: z.string().describe('name of its protocol'),
  state: z
    .enum(['warming', 'up', 'ejected', 'leaving'])
    .describe(
      'warming: no answer yet, so that it gets one request at a time; ejected: gets no requests for a while; leaving: gets no new requests',
    ),
  inFlight: z.number().describe('requests under way'),
  limit: z.number().describe('requests that may be under way'),
  batch: z.number().describe('prompts in a request'),
  answered: z.number().describe('prompts answered well'),
  errors: z.record(z.string(), z.number()).describe('failures by class'),
  perSecond: z.number().describe('recent prompts answered per second'),
  latencyMs: Quantiles.nullable().describe('times of the latest answers; null when there are none'),
  tokens: z.object({ prompt: z.number(), completion: z.number() }).describe('as far as the server reports them'),
  queued: z.number().nullable().describe("requests in the server's queue, ours and others', if it reports them"),
  by: z.enum(['line', 'attributes', 'scores']).optional().describe('how labels are requested now'),
  trouble: z.string().nullish().describe('its last error, while it is not up'),
  pricePerHour: z.number().nullable().describe('price of one hour, if known'),
})
export type EndpointStats = z.output<typeof EndpointStats>

/** Result of a comparison of whole lines with single attributes. */
export interface VerifiedLabels {
  /** Turns that were scored both ways. */
  readonly turns: number
  /** Turns with two different labels. */
  readonly differing: number
  /** How often each attribute differs. */
  readonly byAttribute: Readonly<Record<string, number>>
}

/** Counters and state of a fleet. */
export interface FleetStats {
  /** HTTP requests sent. */
  readonly calls: number
  readonly outcomes: Readonly<Record<CallOutcome, number>>
  /** Requests without an answer yet. */
  readonly inFlight: number
  /** Prompts that wait for an endpoint or for their next attempt. */
  readonly waiting: number
  readonly turnsScored: number
  /** Turns with a cached score, or with one under way for another record. */
  readonly prefixesReused: number
  /** Turns answered by one call, and turns queried attribute by attribute. */
  readonly lines: number
  readonly attributeByAttribute: number
  /** Duration of the current outage in milliseconds; null if there is none. */
  readonly outageMs: number | null
  /** Last error of the outage; null if there is none. */
  readonly outageCause: string | null
  /** Comparison of whole lines with single attributes; null if nothing is verified. */
  readonly verified: VerifiedLabels | null
  readonly endpoints: readonly EndpointStats[]
}

export class PoolCounters {
  calls = 0
  turnsScored = 0
  lines = 0
  attributeByAttribute = 0
  readonly outcomes: Record<CallOutcome, number> = {
    ok: 0,
    overloaded: 0,
    unavailable: 0,
    elsewhere: 0,
    poison: 0,
    answer: 0,
  }
}
