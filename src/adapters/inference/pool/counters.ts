import { type Verdict } from '../protocols/protocol.js'
import { type Verified } from '../verification.js'
import { type Quantiles } from './times.js'

/** Outcomes of calls by class; `answer` are those answered with something that is no label. */
export type Outcome = Verdict['kind'] | 'answer'

/**
 * `warming`: no answer yet, so that it gets one request at a time; `up`; `ejected`: left alone for a while; `leaving`:
 * gets nothing new.
 */
export type EndpointState = 'warming' | 'up' | 'ejected' | 'leaving'

/** One endpoint at a moment. */
export interface EndpointStats {
  readonly url: string
  readonly model: string | null
  /** Name of its protocol. */
  readonly protocol: string
  readonly state: EndpointState
  /** Requests under way. */
  readonly inFlight: number
  /** Requests that may be under way. */
  readonly limit: number
  /** Prompts in a request. */
  readonly batch: number
  /** Prompts answered with what was asked for. */
  readonly answered: number
  /** Failures by class. */
  readonly errors: Readonly<Partial<Record<Outcome, number>>>
  /** Prompts answered in a second, lately. */
  readonly perSecond: number
  /** Times of the latest answers; null when there are none. */
  readonly latencyMs: Quantiles | null
  /** As far as the server tells them. */
  readonly tokens: { readonly prompt: number; readonly completion: number }
  /** Requests that wait at the server, ours and others', where it tells. */
  readonly queued: number | null
  /** What an hour of it costs, where that is known. */
  readonly pricePerHour: number | null
}

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
