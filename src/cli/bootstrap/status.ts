import type { LoopState, RoundState } from '../../domain/bootstrap/loop-state.js'
import type { RoundSummary } from '../../domain/bootstrap/summary.js'
import type { Log } from '../../runtime/log.js'
import { table, thousands } from '../render/bars.js'
import { stateOf, tallyOf } from './loops.js'

/** A round in `bootstrap status`, also as JSON. */
export interface RoundStatus {
  readonly round: string
  readonly loop: string
  readonly purpose: string
  readonly state: string
  /** The sampled model; null before the round is opened. */
  readonly policy: string | null
  readonly prompts: number | null
  readonly asked: number
  readonly ended: number
  /** Share of finished prompts with an accepted answer; null before the first has finished. */
  readonly acceptance: number | null
  /** Paired difference of goodness from the round before, with its interval. */
  readonly gain: { readonly mean: number; readonly low: number; readonly high: number } | null
  readonly verdict: string | null
  readonly model: string | null
}

/** Every round of a loop, oldest first. */
export const statusOf = (log: Log, loop: LoopState): Promise<readonly RoundStatus[]> =>
  Promise.all(loop.rounds.map(round => one(log, loop, round)))

async function one(log: Log, loop: LoopState, state: RoundState): Promise<RoundStatus> {
  const { request, round, asked, verdict, model } = state
  const known = round === null ? null : (state.summary ?? (await (await tallyOf(log, round.round)).summary(null, 0.95)))
  const ended = known === null ? 0 : endsOf(known)
  const accepted = known === null ? 0 : known.prompts.sealed + known.prompts.dropped + known.prompts.measured
  return {
    round: request.round,
    loop: request.loop,
    purpose: request.purpose ?? 'train',
    state: stateOf(loop, state),
    policy: round?.policy.model ?? null,
    prompts: round?.prompts.count ?? null,
    asked,
    ended,
    acceptance: ended === 0 ? null : accepted / ended,
    gain: gainOf(known),
    verdict: verdict?.rule ?? null,
    model: model?.model ?? null,
  }
}

const endsOf = ({ prompts: { sealed, rejected, dropped, measured, dead_lettered } }: RoundSummary): number =>
  sealed + rejected + dropped + measured + dead_lettered

function gainOf(summary: RoundSummary | null): RoundStatus['gain'] {
  const { mean = null, low = null, high = null } = summary?.against_before?.goodness ?? {}
  return mean === null || low === null || high === null ? null : { mean, low, high }
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(3)}`

/** The rounds of loops as a table. */
export function statusText(rounds: readonly RoundStatus[]): string {
  const rows = rounds.map(one => [
    one.round,
    one.state,
    one.policy ?? '',
    one.prompts === null ? '' : `${thousands(one.ended)} of ${thousands(one.prompts)}`,
    one.acceptance === null ? '' : `${(100 * one.acceptance).toFixed(0)}%`,
    one.gain === null ? '' : `${signed(one.gain.mean)} (${signed(one.gain.low)} to ${signed(one.gain.high)})`,
    one.model ?? '',
    one.verdict ?? '',
  ])
  const head = ['round', 'state', 'samples', 'prompts', 'accepted', 'gain', 'model', 'verdict']
  return table([head, ...rows], [0, 1, 2, 6, 7])
    .map(line => `${line}\n`)
    .join('')
}
