import type { LoopState } from '../../domain/bootstrap/loop-state.js'
import { Outcome } from '../../domain/bootstrap/outcome.js'
import type { Flow } from '../../flow.js'
import type { Letter } from '../../runtime/letters.js'
import type { Consequence } from '../../runtime/replay.js'
import { encode } from '../../stages/node.js'
import { outcomes } from '../../topics.js'

/** Bytes before a record's JSON if a schema registry is used: a zero byte, which never starts JSON, and the schema id. */
const frameBytes = 5

/**
 * Notifies the tally of a round, in the transaction of the replay, that a lost answer is on its way again. Letters of a
 * round that closed without them are not replayed.
 */
export function toldToRounds(loops: ReadonlyMap<string, LoopState>, flow: Flow): Consequence {
  const closed = new Set(
    [...loops.values()].flatMap(({ rounds }) =>
      rounds.filter(({ summary }) => summary !== null).map(({ request }) => request.round),
    ),
  )
  return letter => {
    const lost = lostBy(letter, flow)
    if (lost === null) return []
    if (closed.has(lost.round)) return `STEERFLOW_ROUND_CLOSED: round ${lost.round} is complete without it`
    return [encode(outcomes, { ...lost, end: 'replayed' })]
  }
}

/** The outcome recorded with the letter; null if it belongs to no round. */
function lostBy({ node, code, record: { value } }: Letter, flow: Flow): Outcome | null {
  const lost = flow.node(node)?.onDeadLetter
  const bytes = value[0] === 0 ? value.subarray(frameBytes) : value
  const told = lost?.record(bytes, code)
  return told ? Outcome.parse(JSON.parse(told.value.toString('utf8'))) : null
}
