import { type Verdict } from '../protocols/protocol.js'

/** Outcomes of calls by class; `answer` are those answered with something that is no label. */
export type Outcome = Verdict['kind'] | 'answer'

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
  readonly endpoints: readonly {
    readonly url: string
    readonly inFlight: number
    readonly answered: number
    readonly ejected: boolean
  }[]
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
