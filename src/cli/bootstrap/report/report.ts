import type { LoopState } from '../../../domain/bootstrap/loop-state.js'
import type { Round, RoundVerdict } from '../../../domain/bootstrap/round.js'
import type { RoundSummary } from '../../../domain/bootstrap/summary.js'
import { SteerflowError } from '../../../domain/errors.js'
import type { TrainedModel } from '../../../domain/model.js'

/** Records of a closed round. */
export interface ReportedRound {
  readonly round: Round
  readonly summary: RoundSummary
  /** Null before the stop rule decides. */
  readonly verdict: RoundVerdict | null
  /** The model trained on the round; null if there is none yet, or never will be. */
  readonly model: TrainedModel | null
}

/** A round (the last element) with the earlier closed rounds of its loop. */
export interface RoundReport {
  readonly loop: string
  readonly rounds: readonly [...ReportedRound[], ReportedRound]
}

/**
 * The report of a round by its name; by default of the last closed round of the loop.
 * @throws STEERFLOW_USAGE if the round does not exist or has not closed
 */
export function reportOf({ loop, rounds }: LoopState, name?: string): RoundReport {
  const closed = rounds.flatMap(({ round, summary, verdict, model }): ReportedRound[] =>
    round === null || summary === null ? [] : [{ round, summary, verdict, model }],
  )
  const at = name === undefined ? closed.length - 1 : closed.findIndex(({ round }) => round.round === name)
  const last = closed[at]
  if (last) return { loop, rounds: [...closed.slice(0, at), last] }
  const said = name === undefined ? `no round of the loop ${loop} has closed` : `the round ${name} has not closed`
  throw new SteerflowError('STEERFLOW_USAGE', `${said}; steerflow bootstrap status shows the progress`)
}

/** The reported round, and the round that it is compared with; null if there is none. */
export function subject({ rounds }: RoundReport): {
  readonly now: ReportedRound
  readonly before: ReportedRound | null
} {
  const now = rounds.at(-1)!
  const name = now.summary.against_before?.round
  return { now, before: rounds.find(({ round }) => round.round === name) ?? null }
}
