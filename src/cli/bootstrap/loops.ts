import { SteerflowError } from '../../domain/errors.js'
import {
  emptyLoop,
  lastRound,
  type LoopState,
  type RoundState,
  withRoundEvent,
} from '../../domain/bootstrap/loop-state.js'
import { RoundTally } from '../../domain/bootstrap/tally.js'
import type { Log } from '../../runtime/log.js'
import { readRecords } from '../../runtime/read-records.js'
import { outcomes, rounds } from '../../topics.js'
import { readTopic } from '../read-topic.js'

/** Every recorded loop, by name. */
export async function readLoops(log: Log): Promise<ReadonlyMap<string, LoopState>> {
  const loops = new Map<string, LoopState>()
  for (const event of await readTopic(log, rounds)) {
    loops.set(event.loop, withRoundEvent(loops.get(event.loop) ?? emptyLoop, event))
  }
  return loops
}

/** @throws STEERFLOW_USAGE if no round of the loop was ever requested */
export async function loopNamed(log: Log, name: string): Promise<LoopState> {
  const loops = await readLoops(log)
  const found = loops.get(name)
  if (found) return found
  const known =
    loops.size === 0
      ? 'there are none yet, start one with steerflow bootstrap start'
      : `known: ${[...loops.keys()].join(', ')}`
  throw new SteerflowError('STEERFLOW_USAGE', `there is no loop ${name}; ${known}`)
}

/**
 * A round by its name, or the last round of a loop.
 * @throws STEERFLOW_USAGE if there is none
 */
export async function roundNamed(log: Log, loop: string, name: string | undefined): Promise<RoundState> {
  if (name === undefined) return lastRound(await loopNamed(log, loop))!
  const all = [...(await readLoops(log)).values()].flatMap(({ rounds }) => rounds)
  const found = all.find(({ request }) => request.round === name)
  if (found) return found
  const known = all.map(({ request }) => request.round).join(', ') || 'none'
  throw new SteerflowError('STEERFLOW_USAGE', `there is no round ${name}; known: ${known}`)
}

/** Tally of the prompts of a round that have ended so far. */
export async function tallyOf(log: Log, round: string): Promise<RoundTally> {
  const tally = new RoundTally(round)
  for await (const { value: outcome } of readRecords(log, outcomes)) {
    if (outcome.round === round && !tally.complete) tally.add(outcome)
  }
  return tally
}

/** Current state of a round, in a few words. */
export function stateOf(
  { stopped }: LoopState,
  { round, request, asked, summary, verdict, model, givenUp }: RoundState,
): string {
  if (round === null) return stopped ? 'could not be opened' : 'asked for'
  if (verdict === null) {
    if (summary !== null) return 'closed'
    if (givenUp) return 'given up, ending'
    return asked < round.prompts.count ? 'publishing prompts' : 'sampling'
  }
  if (request.purpose === 'measure') return 'measured'
  if (!verdict.go) return givenUp ? 'given up' : 'not trained on'
  return model === null ? 'training' : 'trained'
}
