import type { LoopState } from '../../../domain/bootstrap/loop-state.js'
import type { Round, RoundVerdict } from '../../../domain/bootstrap/round.js'
import type { RoundSummary } from '../../../domain/bootstrap/summary.js'
import { SteerflowError } from '../../../domain/errors.js'
import type { TrainedModel } from '../../../domain/model.js'

/** A closed round as it is on record. */
export interface ReportedRound {
  readonly round: Round
  readonly summary: RoundSummary
  /** Null before the stop rule has spoken. */
  readonly verdict: RoundVerdict | null
  /** The model that was trained on it; null before, or where none was. */
  readonly model: TrainedModel | null
}

/** A round, last, with the closed rounds of its loop before it: the records themselves. */
export interface RoundReport {
  readonly loop: string
  readonly rounds: readonly [...ReportedRound[], ReportedRound]
}

/**
 * The report of a round of a loop, by its name; without one, of the last that has closed.
 * @throws STEERFLOW_USAGE when there is no such round, or it has not closed.
 */
export function reportOf({ loop, rounds }: LoopState, name?: string): RoundReport {
  const closed = rounds.flatMap(({ round, summary, verdict, model }): ReportedRound[] =>
    round === null || summary === null ? [] : [{ round, summary, verdict, model }],
  )
  const at = name === undefined ? closed.length - 1 : closed.findIndex(({ round }) => round.round === name)
  const last = closed[at]
  if (last) return { loop, rounds: [...closed.slice(0, at), last] }
  const said = name === undefined ? `no round of the loop ${loop} has closed` : `the round ${name} has not closed`
  throw new SteerflowError('STEERFLOW_USAGE', `${said}; steerflow bootstrap status shows how far it is`)
}

/** The round that is reported, and the one that it is compared with; null where there is none. */
export function subject({ rounds }: RoundReport): {
  readonly now: ReportedRound
  readonly before: ReportedRound | null
} {
  const now = rounds.at(-1)!
  const name = now.summary.against_before?.round
  return { now, before: rounds.find(({ round }) => round.round === name) ?? null }
}
