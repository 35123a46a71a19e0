import type { Answer, Verdict } from '../protocols/protocol.js'
import { z } from 'zod'

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

/** What one endpoint has done. */
export class Gauges {
  /** Prompts answered with what was asked for. */
  answered = 0
  /** Tokens as far as the server told them. */
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

/** Outcomes of calls by class; `answer` are those answered with something that is no label. */
export type CallOutcome = Verdict['kind'] | 'answer'

/** Of the latest answers, in milliseconds. */
const Quantiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number() })
export type Quantiles = z.output<typeof Quantiles>

/** One endpoint at a moment; other processes read it from a file. */
export const EndpointStats = z.object({
  url: z.string(),
  model: z.string().nullable(),
  protocol: z.string().describe('name of its protocol'),
  state: z
    .enum(['warming', 'up', 'ejected', 'leaving'])
    .describe(
      'warming: no answer yet, so that it gets one request at a time; ejected: left alone for a while; leaving: gets nothing new',
    ),
  inFlight: z.number().describe('requests under way'),
  limit: z.number().describe('requests that may be under way'),
  batch: z.number().describe('prompts in a request'),
  answered: z.number().describe('prompts answered with what was asked for'),
  errors: z.record(z.string(), z.number()).describe('failures by class'),
  perSecond: z.number().describe('prompts answered in a second, lately'),
  latencyMs: Quantiles.nullable().describe('times of the latest answers; null when there are none'),
  tokens: z.object({ prompt: z.number(), completion: z.number() }).describe('as far as the server tells them'),
  queued: z.number().nullable().describe("requests that wait at the server, ours and others', where it tells"),
  by: z.enum(['line', 'attributes', 'scores']).optional().describe('how it is asked for a label now'),
  trouble: z.string().nullish().describe('what it said when it last failed, while it is not up'),
  pricePerHour: z.number().nullable().describe('what an hour of it costs, where that is known'),
})
export type EndpointStats = z.output<typeof EndpointStats>

/** What a check of whole lines against single attributes has shown. */
export interface VerifiedLabels {
  /** Turns that were scored both ways. */
  readonly turns: number
  /** Turns of which the two labels differ. */
  readonly differing: number
  /** How often each attribute differs. */
  readonly byAttribute: Readonly<Record<string, number>>
}

/** What a fleet has done so far. */
export interface FleetStats {
  /** HTTP requests sent. */
  readonly calls: number
  readonly outcomes: Readonly<Record<CallOutcome, number>>
  /** Requests without an answer yet. */
  readonly inFlight: number
  /** Prompts that wait for an endpoint or for their next attempt. */
  readonly waiting: number
  readonly turnsScored: number
  /** Turns whose score was known, or under way for another record. */
  readonly prefixesReused: number
  /** Turns answered by one call, and those asked attribute by attribute. */
  readonly lines: number
  readonly attributeByAttribute: number
  /** Milliseconds for which something that was tried has succeeded nowhere; null when all is well. */
  readonly outageMs: number | null
  /** What was said last in an outage; null when all is well. */
  readonly outageCause: string | null
  /** Whole lines compared with single attributes; null when nothing is to be verified. */
  readonly verified: VerifiedLabels | null
  readonly endpoints: readonly EndpointStats[]
}

/** The counters that only grow. */
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
