import type { NodeStatus } from '../../runtime/counters.js'

/** Records of a node in this run: read, published, and dead letters. */
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
