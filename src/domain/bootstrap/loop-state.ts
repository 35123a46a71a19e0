import type { TrainedModel } from '../model.js'
import type { StopRules } from './round-plan.js'
import type { Policy, Round, RoundEvent, RoundVerdict } from './round.js'
import type { RoundSummary } from './summary.js'

/** The state of a round. */
export interface RoundState {
  readonly request: RoundEvent
  /** Null until it is opened. */
  readonly round: Round | null
  /** The number of published prompts. */
  readonly asked: number
  /** Whether a person gave it up. */
  readonly givenUp: boolean
  /** Null until it is closed. */
  readonly summary: RoundSummary | null
  /** Null until the stop rule has judged it. */
  readonly verdict: RoundVerdict | null
  /** The model that was trained on it; null until then. */
  readonly model: TrainedModel | null
}

/** A loop: its rounds, oldest first. */
export interface LoopState {
  readonly loop: string
  readonly rounds: readonly RoundState[]
  /** Whether it has ended; only a person may continue it. */
  readonly stopped: boolean
  /** The last event if it changed the loop; otherwise null. */
  readonly moved: RoundEvent | null
}

export const emptyLoop: LoopState = { loop: '', rounds: [], stopped: false, moved: null }

/** The current round, or the last one. */
export const lastRound = ({ rounds }: LoopState): RoundState | undefined => rounds.at(-1)

/** Whether the loop has a round with unfinished prompts, or one that awaits its verdict. */
export const isOpen = (state: LoopState): boolean => {
  const last = lastRound(state)
  return last !== undefined && last.verdict === null && !failedToOpen(state, last)
}

const failedToOpen = ({ stopped }: LoopState, { round }: RoundState): boolean => stopped && round === null

/** Whether the next round may begin: this one has been judged, and is not trained on or its model exists. */
const isDone = ({ verdict, model, request }: RoundState): boolean =>
  verdict !== null && (!verdict.go || request.purpose === 'measure' || model !== null)

/**
 * The state after one more event. An event that does not follow from the state changes nothing: the first of two requests
 * for a round counts, so that a rule and a person who ask at the same time open one round.
 */
export function withRoundEvent(before: LoopState, event: RoundEvent): LoopState {
  const state = { ...before, loop: event.loop, moved: null }
  const last = lastRound(state)
  if (event.event === 'requested') return requested(state, event)
  if (!last || event.number !== last.request.number) return state
  if (event.event === 'stopped') return stopped(state, last, event)
  const next = stepOf(last, event)
  return next ? { ...state, rounds: [...state.rounds.slice(0, -1), next], moved: event } : state
}

/** Ends the loop, until a person continues it. If a person ends it, the open round is given up. */
function stopped(state: LoopState, last: RoundState, event: RoundEvent): LoopState {
  const givenUp = last.givenUp || (event.by === 'person' && last.summary === null)
  return { ...state, rounds: [...state.rounds.slice(0, -1), { ...last, givenUp }], stopped: true, moved: event }
}

function requested(state: LoopState, event: RoundEvent): LoopState {
  const last = lastRound(state)
  const follows = event.number === (last?.request.number ?? 0) + 1
  const byPerson = event.by === 'person' && last !== undefined && !isOpen(state)
  const free = last === undefined || isDone(last) || byPerson
  if (!follows || !free || (state.stopped && event.by === 'rule') || !event.plan) return state
  const round: RoundState = {
    request: event,
    round: null,
    asked: 0,
    givenUp: false,
    summary: null,
    verdict: null,
    model: null,
  }
  return { ...state, rounds: [...state.rounds, round], stopped: false, moved: event }
}

function stepOf(last: RoundState, event: RoundEvent): RoundState | null {
  switch (event.event) {
    case 'opened':
      return last.round === null && event.opening ? { ...last, round: event.opening } : null
    case 'asked':
      return last.round !== null && (event.next ?? 0) > last.asked ? { ...last, asked: event.next! } : null
    case 'closed':
      return last.summary === null && event.summary ? { ...last, summary: event.summary } : null
    case 'judged':
      return last.summary !== null && last.verdict === null && event.verdict
        ? { ...last, verdict: event.verdict }
        : null
    case 'trained':
      return last.verdict?.go === true && last.model === null && event.model ? { ...last, model: event.model } : null
    case 'requested':
    case 'stopped':
      return null
  }
}

/** The model of a round, as the next round samples it. */
export const policyOf = ({ model, digest }: TrainedModel): Policy => ({ model, digest })

/** Purpose of the next round: measure the last model once enough rounds have trained and it exists; otherwise train. */
export function nextPurpose(loop: LoopState, { rounds: most }: StopRules): Round['purpose'] {
  const trained = loop.rounds.filter(({ request }) => request.purpose !== 'measure').length
  return trained >= most && lastRound(loop)?.model != null ? 'measure' : 'train'
}
