import type { Logger } from 'pino'
import { exitCodes, type Session } from '../command.js'
import { thousands } from '../render/bars.js'
import type { NodeCounts } from './node-counts.js'

type Taken = Pick<NodeCounts, 'node' | 'in' | 'deadLettered'>

/** Rejected records of a run by node, as text; empty if there are none. */
export function rejectedWords(nodes: readonly Taken[]): string {
  const some = nodes.filter(({ deadLettered }) => deadLettered > 0)
  const total = some.reduce((sum, { deadLettered }) => sum + deadLettered, 0)
  const each = some.map(({ node, deadLettered }) => `${node} ${thousands(deadLettered)}`).join(', ')
  return total === 0
    ? ''
    : `${thousands(total)} rejected (dead letters): ${each}; steerflow dead-letters summary shows why`
}

/**
 * Reports rejected records of a run. They are kept as dead letters, so the run is a success, unless a node rejected
 * everything that it read: then the exit code is 3.
 */
export function tellRejected(
  { session, logger }: { readonly session: Session; readonly logger: Logger },
  nodes: readonly Taken[],
): void {
  const words = rejectedWords(nodes)
  if (words === '') return
  const none = nodes.filter(({ in: taken, deadLettered }) => taken > 0 && deadLettered >= taken)
  const text = none.length === 0 ? words : `${words}; nothing passed ${none.map(({ node }) => node).join(', ')}`
  logger.warn({ event: 'rejected', all: none.map(({ node }) => node) }, text)
  if (session.interactive) session.err(`${text}\n`)
  if (none.length > 0) session.exit(exitCodes.rejected)
}

/** Reports how many conversations of a run were left out because another contains them. */
export function tellRepeats(
  { session, logger }: { readonly session: Session; readonly logger: Logger },
  nodes: readonly NodeCounts[],
): void {
  const some = nodes.filter(({ repeats = 0 }) => repeats > 0)
  if (some.length === 0) return
  const each = some.map(({ node, repeats = 0 }) => `${node} ${thousands(repeats)}`).join(', ')
  const text = `left out as the beginning of another conversation: ${each}; clean.repeats.records: 0 keeps them`
  logger.info({ event: 'repeats' }, text)
  if (session.interactive) session.err(`${text}\n`)
}
