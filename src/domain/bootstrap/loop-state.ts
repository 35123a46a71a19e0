import type { TrainedModel } from '../model.js'
import type { StopRules } from './round-plan.js'
import type { Policy, Round, RoundEvent, RoundVerdict } from './round.js'
import type { RoundSummary } from './summary.js'

/** A round of a loop, as far as it has come. */
export interface RoundState {
  readonly request: RoundEvent
  /** Null before it is opened. */
  readonly round: Round | null
  /** Prompts that are published. */
  readonly asked: number
  /** Whether a person gave it up. */
  readonly givenUp: boolean
  /** Null before it is closed. */
  readonly summary: RoundSummary | null
  /** Null before the stop rule has spoken. */
  readonly verdict: RoundVerdict | null
  /** The model that was trained on it; null before. */
  readonly model: TrainedModel | null
}

/** A loop: its rounds, oldest first. */
export interface LoopState {
  readonly loop: string
  readonly rounds: readonly RoundState[]
  /** Whether it has ended: only a person may go on with it. */
  readonly stopped: boolean
  /** The last event where it moved the loop on; null when it said nothing new. */
  readonly moved: RoundEvent | null
}

export const emptyLoop: LoopState = { loop: '', rounds: [], stopped: false, moved: null }

/** The round that is worked on, or was last. */
export const lastRound = ({ rounds }: LoopState): RoundState | undefined => rounds.at(-1)

/** Whether a round of the loop still has prompts without an end, or waits for its verdict. */
export const isOpen = (state: LoopState): boolean => {
  const last = lastRound(state)
  return last !== undefined && last.verdict === null && !failedToOpen(state, last)
}

const failedToOpen = ({ stopped }: LoopState, { round }: RoundState): boolean => stopped && round === null

/**
 * What a round waits for before the next may begin: nothing more once it is judged and is not trained on, or its model is
 * there.
 */
const isDone = ({ verdict, model, request }: RoundState): boolean =>
  verdict !== null && (!verdict.go || request.purpose === 'measure' || model !== null)

/**
 * The state after one more event. An event that does not follow from the state changes nothing: of two requests for one
 * round the first counts, so that a rule and a person who ask at the same time open one round.
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

/** Nothing more comes of the loop by itself. A person gives up the round that is open. */
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

/** A model that came of a round, as the next samples it. */
export const policyOf = ({ model, digest }: TrainedModel): Policy => ({ model, digest })

/** What the next round is for: when as many have trained as may, and the last model is there, to measure that. */
export function nextPurpose(loop: LoopState, { rounds: most }: StopRules): Round['purpose'] {
  const trained = loop.rounds.filter(({ request }) => request.purpose !== 'measure').length
  return trained >= most && lastRound(loop)?.model != null ? 'measure' : 'train'
}
