import { z } from 'zod'
import { type Verdict } from '../protocols/protocol.js'
import { type Verified } from '../verification.js'

/** Outcomes of calls by class; `answer` are those answered with something that is no label. */
export type Outcome = Verdict['kind'] | 'answer'

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
  pricePerHour: z.number().nullable().describe('what an hour of it costs, where that is known'),
})
export type EndpointStats = z.output<typeof EndpointStats>

/** What a fleet has done so far. */
export interface FleetStats {
  /** HTTP requests sent. */
  readonly calls: number
  readonly outcomes: Readonly<Record<Outcome, number>>
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
  /** Milliseconds for which nothing has succeeded although something was tried; null when all is well. */
  readonly outageMs: number | null
  /** Whole lines compared with single attributes; null when nothing is to be verified. */
  readonly verified: Verified | null
  readonly endpoints: readonly EndpointStats[]
}

/** The counters that only grow. */
export class Counters {
  calls = 0
  turnsScored = 0
  lines = 0
  attributeByAttribute = 0
  readonly outcomes: Record<Outcome, number> = {
    ok: 0,
    overloaded: 0,
    unavailable: 0,
    elsewhere: 0,
    poison: 0,
    answer: 0,
  }
}
