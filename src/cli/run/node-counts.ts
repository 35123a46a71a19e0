import type { NodeStatus } from '../../runtime/counters.js'

/** Records that a node committed in this run: read, published, and laid aside as dead letters. */
export interface NodeCounts {
  readonly node: string
  readonly in: number
  readonly out: number
  readonly deadLettered: number
}

export const nodeCounts = ({ node, counters }: Pick<NodeStatus, 'node' | 'counters'>): NodeCounts => ({
  node,
  in: counters.in,
  out: [...counters.out.values()].reduce((total, count) => total + count, 0),
  deadLettered: counters.deadLettered,
})
