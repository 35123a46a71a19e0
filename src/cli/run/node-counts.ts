import type { NodeStatus } from '../../runtime/counters.js'

/** Records of a node in this run: read, published, dead letters, and repeats. */
export interface NodeCounts {
  readonly node: string
  readonly in: number
  readonly out: number
  readonly deadLettered: number
  /** Conversations left out as repeats; absent if there are none. */
  readonly repeats?: number
}

export const nodeCounts = ({ node, counters }: Pick<NodeStatus, 'node' | 'counters'>): NodeCounts => ({
  node,
  in: counters.in,
  out: [...counters.out.values()].reduce((total, count) => total + count, 0),
  deadLettered: counters.deadLettered,
  ...(counters.repeats > 0 && { repeats: counters.repeats }),
})
