import type { Logger } from 'pino'
import { exitCodes, type Session } from '../command.js'
import { thousands } from '../render/bars.js'
import type { NodeCounts } from './node-counts.js'

type Taken = Pick<NodeCounts, 'node' | 'in' | 'deadLettered'>

/** What nodes laid aside in a run, in words; empty where it was nothing. */
export function rejectedWords(nodes: readonly Taken[]): string {
  const some = nodes.filter(({ deadLettered }) => deadLettered > 0)
  const total = some.reduce((sum, { deadLettered }) => sum + deadLettered, 0)
  const each = some.map(({ node, deadLettered }) => `${node} ${thousands(deadLettered)}`).join(', ')
  return total === 0
    ? ''
    : `${thousands(total)} rejected (dead letters): ${each}; steerflow dead-letters summary says why`
}

/**
 * Says what a run rejected. It waits in the dead letters, so that the run is done; but where a node rejected all that it
 * took, the run ends as one that made nothing of it.
 */
export function tellRejected(
  { session, logger }: { readonly session: Session; readonly logger: Logger },
  nodes: readonly Taken[],
): void {
  const words = rejectedWords(nodes)
  if (words === '') return
  const none = nodes.filter(({ in: taken, deadLettered }) => taken > 0 && deadLettered >= taken)
  const text = none.length === 0 ? words : `${words}; nothing came through ${none.map(({ node }) => node).join(', ')}`
  logger.warn({ event: 'rejected', all: none.map(({ node }) => node) }, text)
  if (session.interactive) session.err(`${text}\n`)
  if (none.length > 0) session.exit(exitCodes.rejected)
}
