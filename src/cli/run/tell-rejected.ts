import type { Logger } from 'pino'
import { exitCodes, type Session } from '../command.js'
import { thousands } from '../render/bars.js'
import type { NodeCounts } from './node-counts.js'

type Taken = Pick<NodeCounts, 'node' | 'in' | 'deadLettered' | 'dropped'> & Partial<Pick<NodeCounts, 'out'>>

/** Records of some nodes by node, as text; empty if there are none. */
function byNode<N extends Taken>(
  nodes: readonly N[],
  of: (node: N) => number,
): { readonly total: number; readonly each: string } {
  const some = nodes.filter(node => of(node) > 0)
  return {
    total: some.reduce((sum, node) => sum + of(node), 0),
    each: some.map(node => `${node.node} ${thousands(of(node))}`).join(', '),
  }
}

/** Rejected records of a run by node, as text; empty if there are none. */
export function rejectedWords(nodes: readonly Taken[]): string {
  const { total, each } = byNode(nodes, ({ deadLettered }) => deadLettered)
  return total === 0
    ? ''
    : `${thousands(total)} rejected (dead letters): ${each}; steerflow dead-letters summary shows why`
}

/** What a run left out that is no error, by node, as text; empty if it is nothing. */
function droppedWords(nodes: readonly Taken[]): string {
  const { total, each } = byNode(nodes, ({ dropped = 0 }) => dropped)
  return total === 0
    ? ''
    : `${thousands(total)} left out: ${each}; steerflow tap conversations.dropped --values shows why`
}

/** True of a node that read records and passed none of them on. */
const passedNone = ({ in: taken, out = 0, deadLettered, dropped = 0 }: Taken): boolean =>
  taken > 0 && deadLettered + dropped >= taken && out - deadLettered - dropped <= 0

/**
 * Reports rejected records of a run, and those that were left out. They are kept in their topics, so the run is a success,
 * unless a node passed on nothing of what it read: then the exit code is 3.
 */
export function tellRejected(
  { session, logger }: { readonly session: Session; readonly logger: Logger },
  nodes: readonly Taken[],
): void {
  const words = [rejectedWords(nodes), droppedWords(nodes)].filter(Boolean).join('; ')
  if (words === '') return
  const none = nodes.filter(passedNone)
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
  const { total, each } = byNode(nodes, ({ repeats = 0 }) => repeats)
  if (total === 0) return
  const text = `left out as the beginning of another conversation: ${each}; clean.repeats.records: 0 keeps them`
  logger.info({ event: 'repeats' }, text)
  if (session.interactive) session.err(`${text}\n`)
}
